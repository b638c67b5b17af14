import { expect, test } from "vitest";
import { EXAMPLE } from "./example-result.ts";
import { findProblems, isHealthy } from "./problems.ts";

test("another start kind, and a series of which nothing counts, are told but are no illness", () => {
  expect(findProblems(EXAMPLE)).toEqual(["Zygo cold: 1 pool came instead; they are not in its figures", "Zygo cold: no sample counts"]);
  expect(isHealthy(EXAMPLE)).toBe(true);
});

const [series, ...rest] = EXAMPLE.startUp as [(typeof EXAMPLE.startUp)[0], ...typeof EXAMPLE.startUp];
const [ours, peer] = EXAMPLE.warm as [(typeof EXAMPLE.warm)[0], (typeof EXAMPLE.warm)[0]];

test.each([
  ["a failed start", { startUp: [{ ...series, errors: 2 }, ...rest] }, "Zygo pool: 2 starts failed"],
  ["a failed invocation", { soak: { ...EXAMPLE.soak!, errors: 3 } }, "3 of 5000 invocations failed"],
  ["an error under load", { warm: [{ ...ours, many: { ...ours.many, errors: 4 } }, peer] }, "Zygo: 4 errors under load"],
  ["a failed new sandbox", { sustained: { ...EXAMPLE.sustained!, errors: 5 } }, "sustained starts: 5 of 1000 failed"],
  ["a leak", { sustained: { ...EXAMPLE.sustained!, leaks: { cgroups: [3, 9] as [number, number] } } }, "cgroups 3 → 9"],
  ["a failed request of a section", { findings: [{ ...EXAMPLE.findings[0]!, errors: 6 }] }, "burst: 6 requests failed"],
])("%s is told, and an illness", (_, change, said) => {
  const result = { ...EXAMPLE, ...change };
  expect(findProblems(result).join("\n")).toContain(said);
  expect(isHealthy(result)).toBe(false);
});

test("a busy machine is told: its times mislead", () => {
  const busy = { ...EXAMPLE, environment: { ...EXAMPLE.environment, loadBefore: 6.5 } };
  expect(findProblems(busy)[0]).toContain("load 6.5 on 2 cores");
  expect(isHealthy(busy)).toBe(true);
});

test("a peer's errors are told, but are not ours", () => {
  const result = { ...EXAMPLE, warm: [ours, { ...peer, many: { ...peer.many, errors: 1 } }] };
  expect(findProblems(result)).toContain("node:http: 1 errors under load");
  expect(isHealthy(result)).toBe(true);
});
