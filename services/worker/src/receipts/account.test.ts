import { expect, test } from "vitest";
import type { Counters } from "@zygo/sandbox";
import { Account, BEFORE, NOTHING, usedBetween, type Reading } from "./account.ts";

const at = (counters: Counters): Reading => ({ counters, at: 0 });
const counters = (cpuMs: number): Counters => ({ ...NOTHING, cpuMs, memoryPeakBytes: 1000 + cpuMs });

/** A sandbox whose next reading is ten milliseconds of CPU more. */
function sandbox() {
  const reads: boolean[] = [];
  const read = (whole: boolean): Counters => counters(10 * reads.push(whole));
  return { reads, meter: () => ({ read, close: () => undefined }) };
}

test("one reading serves the end of an invocation and the beginning of the next", () => {
  const kernel = sandbox();
  const account = new Account(kernel);
  const begin = account.read();
  account.spoil(begin);
  const end = account.read();
  const next = account.read();
  expect(kernel.reads).toHaveLength(2);
  expect(next).toBe(end);
  expect(usedBetween(begin, end?.counters)).toMatchObject({ cpuMs: 10, memoryPeakBytes: 1020 });
});

test("disks and network are read first, behind what took long, when somebody asks, and never for one that was over at once", () => {
  const kernel = sandbox();
  const account = new Account(kernel);
  const begin = account.read();
  account.spoil(begin);
  account.read();
  account.spoil({ counters: NOTHING, at: performance.now() - 3 });
  account.read();
  account.spoil(account.read(), true);
  account.read();
  expect(kernel.reads).toEqual([true, false, true, true]);
});

test("what is known at its end counts from then on", () => {
  const kernel = sandbox();
  const account = new Account(kernel);
  account.close(counters(77));
  account.spoil(BEFORE);
  expect(account.read()?.counters).toEqual(counters(77));
  expect(kernel.reads).toEqual([]);
});

test("nothing is made up: without a reading there is no figure, and none is below zero", () => {
  expect(usedBetween(undefined, counters(1))).toBeNull();
  expect(usedBetween(at(counters(1)), undefined)).toBeNull();
  expect(usedBetween(at({ ...NOTHING, netRxBytes: 9 }), { ...NOTHING, netRxBytes: 3 })).toMatchObject({ receivedBytes: 0 });
});
