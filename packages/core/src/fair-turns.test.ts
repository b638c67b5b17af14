import { expect, test } from "vitest";
import { FairTurns } from "./fair-turns.ts";

const tenantOf = (name: string): string => name.split(".")[0] ?? "";

test("tenants take turns, however many functions one of them has", () => {
  const turns = new FairTurns(tenantOf);
  const names = ["a.1", "a.2", "a.3", "b.1"];
  const served = Array.from({ length: 8 }, () => turns.next(names));
  expect(served.filter((name) => name === "b.1")).toHaveLength(4);
  expect(new Set(served)).toEqual(new Set(names));
});

test("a tenant whose jobs run long gives way to one that has none running", () => {
  const turns = new FairTurns(tenantOf);
  for (let at = 0; at < 10; at++) turns.begin(turns.next(["a.1"]) ?? "");
  // As many of b as of a are begun before a has another turn.
  for (let at = 0; at < 10; at++) {
    const next = turns.next(["a.1", "b.1"]) ?? "";
    expect(next).toBe("b.1");
    turns.begin(next);
  }
  for (let at = 0; at < 5; at++) turns.end("a.1");
  expect(turns.next(["a.1", "b.1"])).toBe("a.1");
});

test("nobody has work: nobody has a turn", () => {
  expect(new FairTurns(tenantOf).next([])).toBeUndefined();
});
