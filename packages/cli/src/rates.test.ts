import type { FunctionUse, UsageReport } from "@zygo/contracts";
import { expect, test } from "vitest";
import { ratesOf } from "./rates.ts";

const use = (name: string, over: Partial<FunctionUse> = {}): FunctionUse => ({
  function: name,
  instances: 1,
  busy: 0,
  memoryBytes: 0,
  invocations: 0,
  cpuMs: 0,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  throttledMs: 0,
  receivedBytes: 0,
  sentBytes: 0,
  ...over,
});
const report = (atMs: number, ...functions: FunctionUse[]): UsageReport => ({ atMs, functions, silent: [] });

test("rates are differences over the interval, the busiest first", () => {
  const before = report(1_000, use("calm", { cpuMs: 50 }), use("busy", { cpuMs: 100, invocations: 10 }));
  const after = report(3_000, use("calm", { cpuMs: 50 }), use("busy", { cpuMs: 2_100, invocations: 30, instances: 2, throttledMs: 1_000 }));
  const [busy, calm] = ratesOf(before, after);
  expect(busy).toMatchObject({ function: "busy", cpuPercent: 100, invocationsPerSecond: 10, throttledPercent: 25 });
  expect(calm).toMatchObject({ function: "calm", cpuPercent: 0 });
});

test("a worker that began anew gives no negative rate", () => {
  const [rates] = ratesOf(report(0, use("a", { cpuMs: 9_000 })), report(1_000, use("a", { cpuMs: 10 })));
  expect(rates?.cpuPercent).toBe(0);
});

test("what does nothing and has no instance is left out", () => {
  const idle = use("a", { instances: 0, cpuMs: 5 });
  expect(ratesOf(report(0, idle), report(1_000, idle))).toEqual([]);
});
