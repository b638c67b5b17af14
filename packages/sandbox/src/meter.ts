import { join } from "node:path";
import { hostAddon, type NativeMeter } from "./addon.ts";
import { groupsOf, type CgroupDirectory } from "./cgroup-directories.ts";
import type { Counters, Meter, Traffic } from "./ports.ts";

/** Reads a sandbox's counters through descriptors that stay open; opening them takes some 60 µs. */
export class KernelMeter implements Meter {
  readonly #meter: NativeMeter;
  readonly #counters = new Float64Array(7);
  readonly #before: Traffic;
  #closed = false;

  /** @param pid of the instance's process @param before what went through its network before it was made @throws Error when it has ended */
  constructor(pid: number, before: Traffic) {
    this.#before = before;
    this.#meter = hostAddon().openMeter([...counterFiles(groupsOf(pid)), `/proc/${pid}/net/dev`]);
  }

  read(whole: boolean): Counters | undefined {
    if (this.#closed || !hostAddon().readMeter(this.#meter, this.#counters, whole)) return undefined;
    // By index: this is on the way of every invocation, and taking it apart by iteration costs as much as a file.
    const count = (at: number): number => this.#counters[at] ?? 0;
    return {
      cpuMs: count(0),
      throttledMs: count(1),
      memoryPeakBytes: count(2),
      diskReadBytes: count(3),
      diskWriteBytes: count(4),
      netRxBytes: Math.max(0, count(5) - this.#before.rxBytes),
      netTxBytes: Math.max(0, count(6) - this.#before.txBytes),
    };
  }

  close(): void {
    this.#closed = true;
    hostAddon().closeMeter(this.#meter);
  }
}

/** In the order of native/src/binding/meter.h; "" for what this host has not. */
function counterFiles(groups: readonly CgroupDirectory[]): string[] {
  const unified = groups.find(({ controllers }) => controllers.length === 0)?.path;
  const file = (controller: string, v1: string, v2: string): string => {
    const own = groups.find(({ controllers }) => controllers.includes(controller))?.path;
    if (own !== undefined) return join(own, v1);
    return unified === undefined || v2 === "" ? "" : join(unified, v2);
  };
  return [
    file("cpuacct", "cpuacct.usage", ""),
    file("cpu", "cpu.stat", "cpu.stat"),
    file("memory", "memory.max_usage_in_bytes", "memory.peak"),
    file("blkio", "blkio.throttle.io_service_bytes", "io.stat"),
  ];
}
