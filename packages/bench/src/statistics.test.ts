import { expect, test } from "vitest";
import { median, percentile, summarise } from "./statistics.ts";

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1);

test.each([
  [0, 1],
  [1, 1],
  [50, 50],
  [95, 95],
  [99, 99],
  [99.1, 100],
  [100, 100],
])("percentile %d of 1 … 100 is %d", (percent, value) => {
  expect(percentile(oneToHundred, percent)).toBe(value);
});

test("with few values the tail is the largest, and all are values that were measured", () => {
  expect(percentile([1, 2, 30], 50)).toBe(2);
  expect(percentile([1, 2, 30], 99)).toBe(30);
  expect(percentile([7], 1)).toBe(7);
});

test("a summary does not depend on the order, and leaves its input as it was", () => {
  const values = [10, 9, 100, 1];
  expect(summarise(values)).toEqual({ n: 4, min: 1, p50: 9, p95: 100, p99: 100, max: 100 });
  expect(values).toEqual([10, 9, 100, 1]);
});

test("sorts as numbers", () => expect(median([9, 10, 100])).toBe(10));

test("of nothing there is nothing to tell", () => {
  expect(summarise([])).toBeNull();
  expect(() => percentile([], 50)).toThrow(RangeError);
  expect(() => percentile([1], 101)).toThrow(RangeError);
  expect(() => percentile([1], NaN)).toThrow(RangeError);
});
