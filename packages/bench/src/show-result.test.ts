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
  const leaking = { ...EXAMPLE, sustained: { ...EXAMPLE.sustained!, leaks: { cgroups: [3, 9] as [number, number] } } };
  expect(showResult(leaking)).not.toContain("nothing left behind");
});

test("figures that are asked for are called reached or missed, and those of other runs are counted", () => {
  const verdict = { section: "start", unit: " ms", what: "it" };
  const targets = [
    { ...verdict, asked: "≤ 3 ms", found: 2.5, reached: true },
    { ...verdict, what: "other", asked: "≤ 3 ms", found: 4, reached: false },
    { ...verdict, what: "third", asked: "≤ 3 ms", found: null, reached: null },
  ];
  const text = showResult({ ...EXAMPLE, targets });
  expect(text).toContain("Asked: 1 of 2 reached, 1 not measured in this run");
  expect(text).toMatch(/it +≤ 3 ms +2\.50 ms +reached/);
  expect(text).toMatch(/other +≤ 3 ms +4 ms +MISSED/);
  expect(text).not.toContain("third");
  expect(shown).not.toContain("Asked");
});

test("without bun there is no ratio", () => {
  const alone = showResult({ ...EXAMPLE, startUp: EXAMPLE.startUp.filter(({ id }) => id !== "bun") });
  expect(alone).not.toMatch(/\dx$/m);
});

test("a section has its load, its rows, and a dash for what was not measured", () => {
  expect(lineOf("Burst")).toContain("(load 0.5 → 1.5)");
  expect(lineOf("all of").split(/\s{2,}/)).toEqual(["", "all of <them>", "20", "41.5", "47", "200"]);
  expect(lineOf("none, spare").split(/\s{2,}/)).toEqual(["", "none, spare", "–", "–", "–", "0"]);
});

test("what a run has left out is not shown", () => {
  const only = showResult({ ...EXAMPLE, startUp: [], warm: [], soak: null, sustained: null });
  expect(only).toContain("Burst");
  expect(only).not.toMatch(/Start-up|Warm|A new sandbox|invocations/);
});
