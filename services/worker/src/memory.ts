import { freemem } from "node:os";
import { performance } from "node:perf_hooks";

/** The figure is this old at most, milliseconds: it is asked for in the middle of starts. */
const FRESH_MS = 1_000;

let [bytes, readAt] = [0, Number.NEGATIVE_INFINITY];

/** Memory that could be had without swapping, bytes. @source proc(5), MemAvailable; Node's `freemem` reads it */
export function availableMemory(): number {
  const now = performance.now();
  if (now - readAt > FRESH_MS) [bytes, readAt] = [freemem(), now];
  return bytes;
}
