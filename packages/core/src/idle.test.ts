import { describe, expect, test } from "vitest";
import { idlePolicy, reapable } from "./idle.ts";

describe("reapable", () => {
  test("only those past the timeout", () => expect(reapable([900, 500, 100], { idleTimeoutMs: 500, instances: 5, floor: 0 })).toBe(2));
  test("keeps the floor, busy ones included", () => expect(reapable([900, 900], { idleTimeoutMs: 1, instances: 3, floor: 2 })).toBe(1));
  test("a floor above what lives asks for none", () => expect(reapable([900], { idleTimeoutMs: 1, instances: 1, floor: 4 })).toBe(0));
  test("timeout 0 keeps nothing", () => expect(reapable([0], { idleTimeoutMs: 0, instances: 1, floor: 0 })).toBe(1));
});

describe("idlePolicy", () => {
  test("a live version keeps what it asks for", () =>
    expect(idlePolicy({ idleTimeoutMs: 60_000, floor: 2 }, false)).toEqual({ idleTimeoutMs: 60_000, floor: 2 }));
  test("a retired one goes within a second, floor or not", () =>
    expect(idlePolicy({ idleTimeoutMs: 60_000, floor: 2 }, true)).toEqual({ idleTimeoutMs: 1_000, floor: 0 }));
});
