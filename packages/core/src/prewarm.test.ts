import { expect, test } from "vitest";
import { expectation, floorOf, instancesFor } from "./prewarm.ts";

test("what is needed later is there a second before, and is kept for ten after", () => {
  const slot = expectation({ instances: 3, atMs: 60_000 }, 1_000);
  expect([58_999, 59_000, 60_000, 69_999, 70_000].map((now) => floorOf(0, [slot], now))).toEqual([0, 3, 3, 3, 0]);
});

test("what is needed now, or was, is made at once", () => {
  expect(expectation({ instances: 1 }, 5_000)).toEqual({ instances: 1, fromMs: 5_000, untilMs: 15_000 });
  expect(expectation({ instances: 1, atMs: 100 }, 5_000).fromMs).toBe(5_000);
});

test("the largest counts, minInstances included", () => {
  const [few, many] = [expectation({ instances: 2 }, 0), expectation({ instances: 5 }, 0)];
  expect(floorOf(3, [few], 1)).toBe(3);
  expect(floorOf(3, [few, many], 1)).toBe(5);
});

test("a burst gets as many instances as it can use, and no more than the function may have", () => {
  const limits = { concurrency: 10, maxInstances: 50, maxJobs: 100 };
  expect([1, 10, 11, 100, 5000].map((count) => instancesFor(count, limits))).toEqual([1, 1, 2, 10, 10]);
  expect(instancesFor(5000, { concurrency: 1, maxInstances: 4, maxJobs: 100 })).toBe(4);
  expect(instancesFor(5000, { concurrency: 1, maxInstances: 5000, maxJobs: 5000 })).toBe(32);
});
