import { beforeAll, describe, expect, it } from "vitest";
import { installRandomness, renewRandomness } from "./randomness.ts";

describe("the runtime's own generators", () => {
  beforeAll(installRandomness);

  it("Math.random is uniform on [0, 1)", () => {
    const draws = Array.from({ length: 20_000 }, () => Math.random());
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    const tenths = draws.reduce(
      (counts, value) => counts.with(Math.floor(value * 10), counts[Math.floor(value * 10)]! + 1),
      new Array<number>(10).fill(0),
    );
    for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(250);
  });

  it("Math.random starts elsewhere after a renewal", () => {
    const before = Math.random();
    renewRandomness();
    expect(Math.random()).not.toBe(before);
  });

  it("randomUUID is version 4, variant 1, and never twice the same", async () => {
    const { randomUUID } = await import("node:crypto");
    const drawn = Array.from({ length: 300 }, () => [randomUUID(), crypto.randomUUID()]).flat();
    for (const uuid of drawn) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(drawn).size).toBe(drawn.length);
  });
});
