import { expect, test } from "vitest";
import { EXAMPLE } from "../example-result.ts";
import { renderReport } from "./render.ts";

const page = renderReport(EXAMPLE);
const count = (pattern: RegExp, text = page): number => text.match(pattern)?.length ?? 0;

test("needs nothing from anywhere", () => {
  expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(|https?:/);
});

test("every sample that counts is a dot, and no other", () => {
  expect(count(/<circle [^>]*r="2\.6"/g)).toBe(6);
});

test("text is text: what a machine calls itself breaks nothing", () => {
  expect(page).toContain("Some CPU &lt;fast &amp; new&gt;");
  expect(page).not.toContain("<fast");
});

test("elements are closed in order", () => {
  const open: string[] = [];
  for (const [, closing, name = "", selfClosing] of page.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^>]*?)?(\/?)>/gi)) {
    if (selfClosing === "/" || ["meta", "!doctype"].includes(name)) continue;
    if (closing === "/") expect(name).toBe(open.pop());
    else open.push(name);
  }
  expect(open).toEqual([]);
});

test("no figure is missing or not a number", () => {
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test("readable in light and dark", () => expect(page).toContain("color-scheme: light dark"));

test("problems stand at the top, and only when there are any", () => {
  expect(page).not.toContain('class="mind"');
  expect(renderReport({ ...EXAMPLE, problems: ["a < b"] })).toContain("<li>a &lt; b</li>");
});

test("a run without peers, or in which nothing counted, still makes a page", () => {
  const alone = renderReport({ ...EXAMPLE, startUp: EXAMPLE.startUp.slice(1, 2), warm: [], missing: [] });
  expect(alone).not.toMatch(/NaN|undefined|Infinity/);
  expect(count(/<circle /g, alone)).toBe(0);
});

test("a section is a chapter with bars of what was measured; one alone makes a page", () => {
  const only = renderReport({ ...EXAMPLE, startUp: [], warm: [], soak: null, sustained: null });
  expect(only).toContain("<h2>Burst: 200 first calls at once</h2>");
  expect(count(/<rect /g, only)).toBe(1);
  expect(only).not.toMatch(/NaN|undefined|Infinity|Endurance/);
});
