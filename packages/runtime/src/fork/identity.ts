import { performance } from "node:perf_hooks";

/** Set anew in each child: `renewIdentity`. */
let pid = process.pid;
let originMs = 0;

const clockMs = performance.now.bind(performance);
const zygoteOrigin = performance.timeOrigin;

/**
 * Node reads its pid and its time origin once, at start; a forked child has others. Called in the zygote, so that a child has two numbers
 * to set and nothing to compile. `process.ppid` asks the kernel each time.
 */
export function installIdentity(): void {
  Object.defineProperty(process, "pid", { get: () => pid, configurable: true, enumerable: true });
  const now = { now: (): number => clockMs() - originMs }.now;
  Object.defineProperty(performance, "now", { value: now, writable: true, configurable: true, enumerable: true });
  Object.defineProperty(performance, "timeOrigin", { get: () => zygoteOrigin + originMs, configurable: true, enumerable: true });
}

/** In a child, first thing. `own`: what getpid(2) says there. */
export function renewIdentity(own: number): void {
  pid = own;
  originMs = clockMs();
}
