/** Instances that are expected to be needed at a time, and until when they are kept for it. */
export interface Expectation {
  instances: number;
  fromMs: number;
  untilMs: number;
}

/** Made so long before the time: a start of the slowest kind and a busy machine fit in. */
const LEAD_MS = 1_000;
/** Kept so long after it: a cron slot's invocations are queued in the first seconds. */
const KEPT_MS = 10_000;

/** Of "needed at `atMs`", absent or past: now. All times Unix milliseconds. */
export function expectation(given: { instances: number; atMs?: number | undefined }, nowMs: number): Expectation {
  const atMs = Math.max(nowMs, given.atMs ?? nowMs);
  return { instances: given.instances, fromMs: Math.max(nowMs, atMs - LEAD_MS), untilMs: atMs + KEPT_MS };
}

/** How many instances to have now: what is configured, or the largest of what is expected. Expectations do not add up. */
export function floorOf(minInstances: number, expected: readonly Expectation[], nowMs: number): number {
  return expected.reduce(
    (floor, { instances, fromMs, untilMs }) => (nowMs >= fromMs && nowMs < untilMs ? Math.max(floor, instances) : floor),
    minInstances,
  );
}

/** Instances made for one foreseen moment: a larger burst waits for its first ones, as an unforeseen one does. */
const MOST_FORESEEN = 32;

/** How many instances so many invocations at one time can use, on all workers together. */
export function instancesFor(invocations: number, limits: { concurrency: number; maxInstances: number; maxJobs: number }): number {
  const together = Math.min(invocations, limits.maxJobs);
  return Math.min(Math.ceil(together / limits.concurrency), limits.maxInstances, MOST_FORESEEN);
}
