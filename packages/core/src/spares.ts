/** Starts a second from which on a spare waits for the next one: with a half-life of ten seconds, one start in the last eighteen. */
const ACTIVE_PER_SECOND = 0.02;
/** A second one pays when another start is likely while the first is being replaced. */
const LIKELY = 0.1;

/** Spares of a version, unless the operator wants fewer. */
export const MOST_SPARES = 2;

/**
 * How many instances to keep forked ahead from a version's template: none for a version that is rarely started, one for an active one,
 * two when starts come so close together that one spare would often be gone (the expected number of starts while one is made).
 */
export function spareTarget(given: { startsPerSecond: number; makeMs: number; retired: boolean; most: number }): number {
  if (given.retired || given.startsPerSecond < ACTIVE_PER_SECOND) return 0;
  const wanted = (given.startsPerSecond * given.makeMs) / 1000 >= LIKELY ? 2 : 1;
  return Math.min(wanted, given.most);
}
