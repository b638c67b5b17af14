import { describe, expect, test } from "vitest";
import { mayRefill, poolTarget, refillDelayMs } from "./pool-size.ts";

describe("poolTarget", () => {
  test("four of the default runtime, one of the others", () => {
    expect(poolTarget("node24")).toBe(4);
    expect(poolTarget("node22")).toBe(1);
  });
  test("an override is the default runtime's size; others stay small", () => {
    expect(poolTarget("node24", 9)).toBe(9);
    expect(poolTarget("node26", 9)).toBe(1);
    expect(poolTarget("node26", 0)).toBe(0);
  });
});

describe("mayRefill", () => {
  const calm = { ready: 1, making: 0, target: 4, waiting: 0, starting: 0 };
  test("when calm and short", () => expect(mayRefill(calm)).toBe(true));
  test.each([{ ready: 4 }, { making: 1 }, { waiting: 1 }, { starting: 1 }])("not with %o", (over) =>
    expect(mayRefill({ ...calm, ...over })).toBe(false),
  );
});

test("a failing refill is tried ever less often, within half a minute", () => {
  expect(refillDelayMs(0)).toBe(0);
  expect(refillDelayMs(1)).toBe(200);
  expect(refillDelayMs(3)).toBe(800);
  expect(refillDelayMs(100)).toBe(30_000);
});
