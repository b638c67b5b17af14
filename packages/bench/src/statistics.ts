/** What is told of a set of measurements. All in the unit of the values. */
export interface Summary {
  n: number;
  min: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Null of an empty set: there is nothing to tell. Does not change `values`. */
export function summarise(values: readonly number[]): Summary | null {
  const sorted = [...values].sort((one, other) => one - other);
  const [min] = sorted;
  if (min === undefined) return null;
  const at = (percent: number): number => percentile(sorted, percent);
  return { n: sorted.length, min, p50: at(50), p95: at(95), p99: at(99), max: at(100) };
}

/**
 * The smallest value that at least `percent` of all do not exceed: always one that was measured, never one between two.
 * @param sorted ascending
 * @throws RangeError of an empty set, or of a percentage outside 0 … 100
 */
export function percentile(sorted: readonly number[], percent: number): number {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`${percent} is no percentage`);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("no values");
  return value;
}

/** @throws RangeError of an empty set */
export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((one, other) => one - other),
    50,
  );
}
