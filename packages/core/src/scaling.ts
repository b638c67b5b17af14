/** What a version's queue on one worker looks like at this moment. */
export interface VersionLoad {
  /** Invocations that no instance has taken yet. */
  waiting: number;
  /** Invocations that an instance holds, waitUntil work included. */
  active: number;
  /** Instances that serve or could. */
  instances: number;
  /** Starts under way. */
  starting: number;
  concurrency: number;
  maxInstances: number;
  /** Instances to have at any rate: `minInstances`, or what is known to be needed soon. */
  floor: number;
}

/** How many to start although nobody waits: what the floor lacks. */
export function startsForFloor(load: VersionLoad, globalFree: number): number {
  const missing = Math.min(load.floor, load.maxInstances) - load.instances - load.starting;
  return Math.max(0, Math.min(missing, globalFree));
}

/**
 * How many instances to start now. Never more starts under way than waiters call for, never past the version's or the worker's
 * limit: overload waits, it does not start a storm.
 */
export function startsNeeded(load: VersionLoad, globalFree: number): number {
  const wanted = Math.ceil(load.waiting / load.concurrency) - load.starting;
  const allowed = load.maxInstances - load.instances - load.starting;
  return Math.max(0, Math.min(wanted, allowed, globalFree));
}

/**
 * How many of the worker's instances the version's invocations occupy or wait for. What waits behind the version's own limit does
 * not count: it holds up nobody else.
 */
export function instanceDemand(load: Pick<VersionLoad, "waiting" | "active" | "concurrency" | "maxInstances">): number {
  return Math.min(load.maxInstances, Math.ceil((load.active + load.waiting) / load.concurrency));
}

/** How many invocations a worker may take off the queue: for capacity that it has, and within a bound on what it holds at all. */
export function takeable(given: { maxInstances: number; demand: number; held: number; maxHeld: number; batch: number }): number {
  return Math.max(0, Math.min(given.maxInstances - given.demand, given.maxHeld - given.held, given.batch));
}
