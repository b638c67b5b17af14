import { describe, expect, test } from "vitest";
import { instanceDemand, startsForFloor, startsNeeded, takeable, type VersionLoad } from "./scaling.ts";

const load = (over: Partial<VersionLoad> = {}): VersionLoad => ({
  waiting: 0,
  active: 0,
  instances: 0,
  starting: 0,
  concurrency: 1,
  maxInstances: 10,
  floor: 0,
  ...over,
});

describe("startsNeeded", () => {
  test("one start a waiter, and none twice", () => {
    expect(startsNeeded(load({ waiting: 3 }), 100)).toBe(3);
    expect(startsNeeded(load({ waiting: 3, starting: 2 }), 100)).toBe(1);
    expect(startsNeeded(load({ waiting: 1, starting: 4 }), 100)).toBe(0);
  });
  test("stops at the version's limit and at the worker's", () => {
    expect(startsNeeded(load({ waiting: 50, instances: 8, starting: 1 }), 100)).toBe(1);
    expect(startsNeeded(load({ waiting: 50, instances: 12 }), 100)).toBe(0);
    expect(startsNeeded(load({ waiting: 50 }), 2)).toBe(2);
  });
  test("an instance of concurrency 10 answers ten waiters", () => {
    expect(startsNeeded(load({ waiting: 10, concurrency: 10 }), 100)).toBe(1);
    expect(startsNeeded(load({ waiting: 11, concurrency: 10 }), 100)).toBe(2);
  });
});

describe("startsForFloor", () => {
  test("what lacks, counting those under way", () => expect(startsForFloor(load({ floor: 3, instances: 1, starting: 1 }), 100)).toBe(1));
  test("none above the floor", () => expect(startsForFloor(load({ floor: 3, instances: 5 }), 100)).toBe(0));
  test("within the version's limit and the worker's room", () => {
    expect(startsForFloor(load({ floor: 50, maxInstances: 4 }), 100)).toBe(4);
    expect(startsForFloor(load({ floor: 50 }), 2)).toBe(2);
  });
});

describe("instanceDemand", () => {
  test("counts what occupies instances", () => expect(instanceDemand(load({ waiting: 2, active: 3 }))).toBe(5));
  test("what waits behind the version's own limit counts not", () => expect(instanceDemand(load({ waiting: 500, active: 10 }))).toBe(10));
  test("streams share an instance", () => expect(instanceDemand(load({ active: 25, concurrency: 10 }))).toBe(3));
});

describe("takeable", () => {
  const given = { maxInstances: 8, demand: 0, held: 0, maxHeld: 100, batch: 64 };
  test("takes what it has capacity for", () => expect(takeable({ ...given, demand: 6 })).toBe(2));
  test("never negative", () => expect(takeable({ ...given, demand: 12 })).toBe(0));
  test("holds no more than its bound, whatever it waits for", () => expect(takeable({ ...given, held: 99 })).toBe(1));
  test("one batch at most", () => expect(takeable({ ...given, maxInstances: 500, maxHeld: 1000 })).toBe(64));
});
