import { expect, test } from "vitest";
import { ClockSteps } from "./clock-steps.ts";

test("the first look counts as a step, for what was before is not known", () => {
  const steps = new ClockSteps();
  expect([steps.wentBack(1_000_000, 10), steps.wentBack(1_000_020, 30)]).toEqual([true, false]);
});

test("a clock that is set back is noticed once; one that is set forward, or slewed, is not", () => {
  const steps = new ClockSteps();
  steps.wentBack(1_000_000, 0);
  expect(steps.wentBack(4_600_000, 1_000)).toBe(false);
  expect(steps.wentBack(1_002_000, 2_000)).toBe(true);
  expect(steps.wentBack(1_003_000, 3_000)).toBe(false);
  expect(steps.wentBack(1_003_900, 4_000)).toBe(false);
});
