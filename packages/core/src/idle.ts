/**
 * How many idle instances to end now. `idleMs` is for how long each has been idle, longest first. Never goes below `floor` instances of
 * the version.
 */
export function reapable(idleMs: readonly number[], given: { idleTimeoutMs: number; instances: number; floor: number }): number {
  const spareable = Math.max(0, given.instances - given.floor);
  let expired = 0;
  while (expired < idleMs.length && (idleMs[expired] ?? 0) >= given.idleTimeoutMs) expired++;
  return Math.min(expired, spareable);
}

/** For how long instances of a version that no alias points to any more are kept, milliseconds. */
const RETIRED_IDLE_MS = 1_000;

/** A retired version keeps nothing warm, whatever its config says or was expected. */
export function idlePolicy(limits: { idleTimeoutMs: number; floor: number }, retired: boolean): { idleTimeoutMs: number; floor: number } {
  if (!retired) return { idleTimeoutMs: limits.idleTimeoutMs, floor: limits.floor };
  return { idleTimeoutMs: Math.min(RETIRED_IDLE_MS, limits.idleTimeoutMs), floor: 0 };
}
