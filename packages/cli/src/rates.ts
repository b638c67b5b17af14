import type { FunctionUse, UsageReport } from "@zygo/contracts";

/** What a function uses, over an interval. */
export interface Rates {
  function: string;
  instances: number;
  busy: number;
  memoryBytes: number;
  /** Of one core. */
  cpuPercent: number;
  /** Of the time of its instances. */
  throttledPercent: number;
  receivedBytesPerSecond: number;
  sentBytesPerSecond: number;
  diskReadBytesPerSecond: number;
  diskWriteBytesPerSecond: number;
  invocationsPerSecond: number;
}

/** The busiest first. A function without an instance, of which nothing happened, is left out. A counter that went back began anew: no rate. */
export function ratesOf(before: UsageReport, after: UsageReport): Rates[] {
  const ms = Math.max(1, after.atMs - before.atMs);
  const earlier = new Map(before.functions.map((use) => [use.function, use]));
  return after.functions
    .map((use) => rate(use, earlier.get(use.function), ms))
    .filter(({ instances, cpuPercent, invocationsPerSecond }) => instances > 0 || cpuPercent > 0 || invocationsPerSecond > 0)
    .sort((one, other) => other.cpuPercent - one.cpuPercent || one.function.localeCompare(other.function));
}

function rate(now: FunctionUse, before: FunctionUse | undefined, ms: number): Rates {
  type Counter = "cpuMs" | "throttledMs" | "receivedBytes" | "sentBytes" | "diskReadBytes" | "diskWriteBytes" | "invocations";
  const grown = (counter: Counter): number => Math.max(0, now[counter] - (before?.[counter] ?? 0));
  return {
    function: now.function,
    instances: now.instances,
    busy: now.busy,
    memoryBytes: now.memoryBytes,
    cpuPercent: (grown("cpuMs") / ms) * 100,
    throttledPercent: (grown("throttledMs") / ms / Math.max(1, now.instances)) * 100,
    receivedBytesPerSecond: (grown("receivedBytes") / ms) * 1000,
    sentBytesPerSecond: (grown("sentBytes") / ms) * 1000,
    diskReadBytesPerSecond: (grown("diskReadBytes") / ms) * 1000,
    diskWriteBytesPerSecond: (grown("diskWriteBytes") / ms) * 1000,
    invocationsPerSecond: (grown("invocations") / ms) * 1000,
  };
}
