import { performance } from "node:perf_hooks";
import type { Used } from "@zygo/contracts";
import type { Counters, Sandbox } from "@zygo/sandbox";

/** What an instance did while idle for so long counts to its next invocation, milliseconds: between calls in a row nothing is read twice. */
const FRESH_MS = 5;
/**
 * Reading what an invocation did to disks and network costs more than all else of its receipt, and one that was shorter than this can
 * hardly have done much, milliseconds. What it did shows in the receipt of the next one that is longer, or comes this much later.
 */
const SHORT_MS = 2;
const WHOLE_EVERY_MS = 50;

export const NOTHING: Counters = {
  cpuMs: 0,
  throttledMs: 0,
  memoryPeakBytes: 0,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  netRxBytes: 0,
  netTxBytes: 0,
};

/** Counters as they were read at a time of `performance.now`. */
export interface Reading {
  counters: Counters;
  at: number;
}

/** Before an instance was made. */
export const BEFORE: Reading = { counters: NOTHING, at: Number.NEGATIVE_INFINITY };

/**
 * What an instance has used, by the kernel's counters of its sandbox: what the function's process says counts for nothing. Between the
 * end of an invocation and the next reading, `spoil` has to be called.
 */
export class Account {
  readonly #sandbox: Pick<Sandbox, "meter">;
  #last: Reading | undefined;
  #spoiled = true;
  #wholeDue = true;
  #wholeAt = Number.NEGATIVE_INFINITY;
  #final = false;

  constructor(sandbox: Pick<Sandbox, "meter">) {
    this.#sandbox = sandbox;
  }

  /** As it is now, or was read since `spoil` and not long ago. Undefined when it cannot be read any more. */
  read(): Reading | undefined {
    const at = performance.now();
    if (this.#final || (!this.#spoiled && at - (this.#last?.at ?? 0) < FRESH_MS)) return this.#last;
    const counters = this.#sandbox.meter()?.read(this.#wholeDue);
    this.#last = counters && { counters, at };
    if (this.#wholeDue) this.#wholeAt = at;
    this.#spoiled = this.#wholeDue = false;
    return this.#last;
  }

  /** An invocation that began with `from` has ended: what was read before is of no use. `whole`: the next reading is of everything. */
  spoil(from: Reading | undefined, whole = false): void {
    const now = performance.now();
    this.#spoiled = true;
    this.#wholeDue ||= whole || now - (from?.at ?? 0) >= SHORT_MS || now - this.#wholeAt >= WHOLE_EVERY_MS;
  }

  /** All that it ever used, known at its end. */
  close(total: Counters): void {
    this.#last = { counters: total, at: performance.now() };
    this.#final = true;
  }
}

/** What was used between two readings; null without both. The peak is no difference: it is of the instance's life. */
export function usedBetween(earlier: Reading | undefined, to: Counters | undefined): Used | null {
  if (earlier === undefined || to === undefined) return null;
  const from = earlier.counters;
  return {
    cpuMs: grown(from.cpuMs, to.cpuMs),
    throttledMs: grown(from.throttledMs, to.throttledMs),
    memoryPeakBytes: to.memoryPeakBytes,
    diskReadBytes: grown(from.diskReadBytes, to.diskReadBytes),
    diskWriteBytes: grown(from.diskWriteBytes, to.diskWriteBytes),
    receivedBytes: grown(from.netRxBytes, to.netRxBytes),
    sentBytes: grown(from.netTxBytes, to.netTxBytes),
  };
}

/** At an instance's end its network is counted at the other end of its link, which may lag. */
const grown = (from: number, to: number): number => Math.max(0, Math.round((to - from) * 1000) / 1000);
