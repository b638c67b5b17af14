import { expect, test } from "vitest";
import { linearScale, logScale } from "./scale.ts";

test("a logarithmic scale gives equal room to equal ratios, and stays inside", () => {
  const { at, ticks } = logScale([2, 60], [100, 500]);
  expect(at(4) - at(2)).toBeCloseTo(at(40) - at(20));
  expect(at(2)).toBeGreaterThan(100);
  expect(at(60)).toBeLessThan(500);
  expect(ticks).toEqual([2, 5, 10, 20, 50]);
});

test("ticks below one are round too", () => expect(logScale([0.25, 1.1], [0, 1]).ticks).toEqual([0.5, 1]));

test("one value alone has a place", () => {
  const { at } = logScale([5], [0, 10]);
  expect(at(5)).toBeCloseTo(5);
});

test("without a positive value there is no logarithm", () => expect(() => logScale([0], [0, 1])).toThrow(RangeError));

test("a linear scale begins at zero and ends at a round number", () => {
  const { at, ticks } = linearScale(43, [0, 100]);
  expect(ticks).toEqual([0, 10, 20, 30, 40, 50]);
  expect(at(25)).toBe(50);
  expect(linearScale(0.3, [0, 100]).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(linearScale(0, [0, 100]).at(0)).toBe(0);
});
