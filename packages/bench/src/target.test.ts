import { expect, test } from "vitest";
import { EXAMPLE } from "./example-result.ts";
import { SECTIONS } from "./sections/registry.ts";
import { cellOf, judge, over, startUpOf, type Target } from "./target.ts";

const target = (limit: Target["limit"], found: number | undefined): Target => ({ what: "it", limit, unit: " ms", found: () => found });

test.each<[limit: Target["limit"], found: number | undefined, reached: boolean | null]>([
  [{ atMost: 3 }, 3, true],
  [{ atMost: 3 }, 3.01, false],
  [{ atLeast: 250 }, 250, true],
  [{ atLeast: 250 }, 249, false],
  [{ atMost: 3 }, undefined, null],
  [{ atMost: 3 }, NaN, null],
])("of %j, %d is reached: %s", (limit, found, reached) => {
  expect(judge("start", target(limit, found), EXAMPLE).reached).toBe(reached);
});

test("what was asked is said with its unit", () => {
  expect(judge("start", target({ atMost: 3 }, 4), EXAMPLE)).toMatchObject({ asked: "≤ 3 ms", found: 4, unit: " ms" });
  expect(judge("start", target({ atLeast: 3 }, 4), EXAMPLE).asked).toBe("≥ 3 ms");
});

test("figures are found by their names, and missing ones are undefined", () => {
  expect(startUpOf(EXAMPLE, "bun", "p50")).toBe(10.5);
  expect(startUpOf(EXAMPLE, "deno", "p50")).toBeUndefined();
  expect(cellOf(EXAMPLE, "burst", "all of <them>", "p99 ms")).toBe(47);
  expect(cellOf(EXAMPLE, "burst", "none, spare", "p99 ms")).toBeUndefined();
  expect(cellOf(EXAMPLE, "burst", "nobody", "p99 ms")).toBeUndefined();
  expect(cellOf(EXAMPLE, "growth", "nobody", "p99 ms")).toBeUndefined();
  expect([over(4, 2), over(4, 0), over(undefined, 2)]).toEqual([2, undefined, undefined]);
});

test("no two sections have one name, and none asks for the same twice", () => {
  const names = SECTIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const asked = SECTIONS.flatMap(({ targets }) => targets.map(({ what }) => what));
  expect(new Set(asked).size).toBe(asked.length);
});
