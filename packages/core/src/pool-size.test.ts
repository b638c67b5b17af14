import { describe, expect, test } from "vitest";
import { mayRefill, poolTarget, refillDelayMs, type PoolDemand } from "./pool-size.ts";

describe("poolTarget", () => {
  const quiet: PoolDemand = { runtime: "node24", startsPerSecond: 0, makeMs: 5, availableBytes: 2 ** 33 };
  test("four of the default runtime, one of the others", () => {
    expect(poolTarget(quiet)).toBe(4);
    expect(poolTarget({ ...quiet, runtime: "node22" })).toBe(1);
  });
  test("grows with the starts that come while one is made, up to its ceiling", () => {
    expect(poolTarget({ ...quiet, startsPerSecond: 600 })).toBe(6);
    expect(poolTarget({ ...quiet, startsPerSecond: 60_000 })).toBe(16);
  });
  test("shrinks when memory is short", () => {
    expect(poolTarget({ ...quiet, availableBytes: 2 ** 27 })).toBe(2);
    expect(poolTarget({ ...quiet, availableBytes: 0 })).toBe(0);
  });
  test("an override is the default runtime's size; others stay small", () => {
    expect(poolTarget({ ...quiet, override: 9 })).toBe(9);
    expect(poolTarget({ ...quiet, runtime: "node26", override: 9 })).toBe(1);
    expect(poolTarget({ ...quiet, runtime: "node26", override: 0 })).toBe(0);
  });
});

describe("mayRefill", () => {
  const calm = { ready: 1, making: 0, target: 4, waiting: 0, freeSlots: 1, emptyMs: 0 };
  test("when calm and short", () => expect(mayRefill(calm)).toBe(true));
  test.each([{ ready: 4 }, { making: 1 }, { waiting: 1 }, { freeSlots: 0 }])("not with %o", (over) =>
    expect(mayRefill({ ...calm, ...over })).toBe(false),
  );
  test("one that was empty for long gets its turn under load", () => {
    const loaded = { ...calm, ready: 0, waiting: 3, freeSlots: 0 };
    expect(mayRefill({ ...loaded, emptyMs: 50 })).toBe(false);
    expect(mayRefill({ ...loaded, emptyMs: 100 })).toBe(true);
    expect(mayRefill({ ...loaded, emptyMs: 100, target: 0 })).toBe(false);
  });
});

test("a failing refill is tried ever less often, within half a minute", () => {
  expect(refillDelayMs(0)).toBe(0);
  expect(refillDelayMs(1)).toBe(200);
  expect(refillDelayMs(3)).toBe(800);
  expect(refillDelayMs(100)).toBe(30_000);
});
