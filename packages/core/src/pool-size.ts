import { DEFAULT_RUNTIME, type RuntimeName } from "@zygo/contracts/names";

const DEFAULT_FLOOR = 4;
const OTHER_FLOOR = 1;
/** However busy: each takes memory, and the longer one waits the colder it is. */
const CEILING = 16;
/** A pooled instance's own memory, with room to spare, bytes. */
const INSTANCE_BYTES = 4 * 1024 * 1024;
/** Pools may take this share of the memory that is available. */
const MEMORY_SHARE = 1 / 16;

export interface PoolDemand {
  runtime: RuntimeName;
  /** The default runtime's size, fixed; 0 turns pools off. */
  override?: number | undefined;
  /** Starts a second that took, or would have taken, an instance of the pool. */
  startsPerSecond: number;
  /** How long one takes to be made. */
  makeMs: number;
  availableBytes: number;
}

/**
 * How many tenant-less instances to keep ready for a runtime: twice as many as are taken while one is made, at least the floor, at most
 * the ceiling, and no more than memory allows.
 */
export function poolTarget({ runtime, override, startsPerSecond, makeMs, availableBytes }: PoolDemand): number {
  const fallback = runtime === DEFAULT_RUNTIME ? DEFAULT_FLOOR : OTHER_FLOOR;
  if (override !== undefined) return runtime === DEFAULT_RUNTIME ? override : Math.min(override, OTHER_FLOOR);
  const wanted = Math.max(fallback, Math.ceil((startsPerSecond * makeMs * 2) / 1000));
  return Math.min(wanted, CEILING, Math.floor((availableBytes * MEMORY_SHARE) / INSTANCE_BYTES));
}

/** A stock that was empty for so long is given one although others start: under steady load no calm would ever come, milliseconds. */
const STARVED_MS = 100;

/**
 * Whether to make one more for a stock now. Nobody who waits is made to wait longer for it: refilling takes one fork slot that no start
 * wants. Of a stock that was empty for `STARVED_MS` one is made at any rate.
 */
export function mayRefill(given: {
  ready: number;
  making: number;
  target: number;
  /** Requests that no start under way will serve. */
  waiting: number;
  /** Fork slots that no start holds or waits for. */
  freeSlots: number;
  emptyMs: number;
}): boolean {
  if (given.making > 0 || given.ready >= given.target) return false;
  return (given.waiting === 0 && given.freeSlots > 0) || (given.ready === 0 && given.emptyMs >= STARVED_MS);
}

/** Milliseconds until the next try after `failures` refills failed in a row: a broken zygote is not forked in a loop. */
export function refillDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(30_000, 100 * 2 ** Math.min(failures, 16));
}
