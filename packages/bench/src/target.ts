import type { BenchResult } from "./result.ts";
import type { Verdict } from "./verdict.ts";

type Measured = Omit<BenchResult, "problems" | "healthy" | "targets">;

/** A figure that is asked for. */
export interface Target {
  what: string;
  /** The bound of what was found: at most it, or at least it. */
  limit: { atMost: number } | { atLeast: number };
  /** Behind the figure: ` ms`, `x`, `/s`. */
  unit: string;
  /** Undefined: this run has not measured it. */
  found(result: Measured): number | undefined;
}

export function judge(section: string, { what, limit, unit, found }: Target, result: Measured): Verdict {
  const value = found(result);
  const asked = "atMost" in limit ? `≤ ${limit.atMost}${unit}` : `≥ ${limit.atLeast}${unit}`;
  if (value === undefined || !Number.isFinite(value)) return { section, what, asked, found: null, unit, reached: null };
  return { section, what, asked, found: value, unit, reached: "atMost" in limit ? value <= limit.atMost : value >= limit.atLeast };
}

/** The percentile of a series of start-ups. */
export const startUpOf = ({ startUp }: Measured, id: string, name: "p50" | "p99"): number | undefined =>
  startUp.find((series) => series.id === id)?.summary?.[name];

/** A cell of a finding's table, by the names of its row and of its column. */
export function cellOf({ findings }: Measured, section: string, row: string, column: string): number | undefined {
  const finding = findings.find((each) => each.section === section);
  return finding?.rows.find(({ label }) => label === row)?.cells[finding.head.indexOf(column)] ?? undefined;
}

/** One in relation to another, when both were measured. */
export const over = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined || other === 0 ? undefined : one / other;
