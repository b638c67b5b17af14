import { describe, expect, test } from "vitest";
import { templateBudgetBytes, templatesToDrop, templateValue } from "./templates.ts";

const MIB = 1024 * 1024;
const worth = (savedMs: number, perSecond: number, memoryMib: number) => ({ savedMs, perSecond, memoryBytes: memoryMib * MIB });

describe("templateValue", () => {
  test("more saved, more often, in less memory is worth more", () => {
    const middling = templateValue(worth(10, 1, 10));
    expect(templateValue(worth(20, 1, 10))).toBeGreaterThan(middling);
    expect(templateValue(worth(10, 2, 10))).toBeGreaterThan(middling);
    expect(templateValue(worth(10, 1, 20))).toBeLessThan(middling);
  });
  test("of two that nobody calls, the one with the costly load is worth more", () =>
    expect(templateValue(worth(60, 0, 10))).toBeGreaterThan(templateValue(worth(1, 0, 10))));
});

describe("templatesToDrop", () => {
  const [dear, busy, idle] = [worth(60, 0.1, 30), worth(2, 50, 10), worth(2, 0, 10)];
  test("none while they fit", () => expect(templatesToDrop([dear, busy, idle], 50 * MIB)).toEqual([]));
  test("the least valuable first, and no more than need be", () => {
    expect(templatesToDrop([dear, busy, idle], 40 * MIB)).toEqual([idle]);
    expect(templatesToDrop([dear, busy, idle], 10 * MIB)).toEqual([idle, dear]);
  });
  test("all, when there is no room at all", () => expect(templatesToDrop([dear, busy, idle], 0)).toHaveLength(3));
});

describe("templateBudgetBytes", () => {
  test("a quarter of a machine that has room", () =>
    expect(templateBudgetBytes({ heldBytes: 0, availableBytes: 900, totalBytes: 1000 })).toBe(250));
  test("shrinks below what is held when memory runs short", () =>
    expect(templateBudgetBytes({ heldBytes: 200, availableBytes: 40, totalBytes: 1000 })).toBe(140));
  test("never negative", () => expect(templateBudgetBytes({ heldBytes: 0, availableBytes: 0, totalBytes: 1000 })).toBe(0));
});
