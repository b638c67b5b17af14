import { DEFAULT_RUNTIME, type RuntimeName } from "@zygo/contracts/names";

const DEFAULT_TARGET = 4;
const OTHER_TARGET = 1;

/** How many tenant-less instances to keep ready for a runtime. `override` is the default runtime's size; 0 turns pools off. */
export function poolTarget(runtime: RuntimeName, override?: number): number {
  const size = override ?? DEFAULT_TARGET;
  return runtime === DEFAULT_RUNTIME ? size : Math.min(size, OTHER_TARGET);
}

/** Whether to make one more now. Refilling never competes with requests: one at a time, and only when nothing waits or starts. */
export function mayRefill(given: { ready: number; making: number; target: number; waiting: number; starting: number }): boolean {
  return given.making === 0 && given.ready < given.target && given.waiting === 0 && given.starting === 0;
}

/** Milliseconds until the next try after `failures` refills failed in a row: a broken zygote is not forked in a loop. */
export function refillDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(30_000, 100 * 2 ** Math.min(failures, 16));
}
