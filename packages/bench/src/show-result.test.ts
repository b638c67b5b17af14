import { expect, test } from "vitest";
import { EXAMPLE } from "./example-result.ts";
import { showResult } from "./show-result.ts";

const shown = showResult(EXAMPLE);
const lineOf = (start: string): string => shown.split("\n").find((line) => line.trim().startsWith(start)) ?? "";

test("a series has its percentiles, its count and its ratio to bun", () => {
  expect(lineOf("Zygo pool").split(/\s{2,}/)).toEqual(["", "Zygo pool", "4.20", "9.00", "9.00", "3", "0.40x"]);
  expect(lineOf("bun")).toContain("1.00x");
});

test("a series of which nothing counts shows no figure", () => {
  expect(lineOf("Zygo cold").split(/\s{2,}/)).toEqual(["", "Zygo cold", "–", "–", "–", "0"]);
});

test("who is left out is named, with the reason", () => expect(shown).toContain("left out: bwrap + node (not installed)"));

test("problems are at the end, and only when there are any", () => {
  expect(shown).not.toContain("Mind:");
  expect(showResult({ ...EXAMPLE, problems: ["3 of 5000 invocations failed"] })).toMatch(/\nMind:\n {2}3 of 5000 invocations failed$/);
});

test("a leak is not called nothing", () => {
  expect(lineOf("A new sandbox")).toContain("200 starts/s (400 pool, 600 cold), nothing left behind");
  const leaking = { ...EXAMPLE, sustained: { ...EXAMPLE.sustained, leaks: { cgroups: [3, 9] as [number, number] } } };
  expect(showResult(leaking)).not.toContain("nothing left behind");
});

test("without bun there is no ratio", () => {
  const alone = showResult({ ...EXAMPLE, startUp: EXAMPLE.startUp.filter(({ id }) => id !== "bun") });
  expect(alone).not.toMatch(/\dx$/m);
});
