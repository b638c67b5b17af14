import { loadavg } from "node:os";
import type { Group } from "./group.ts";
import type { Summary } from "./statistics.ts";

/** What one section found: a table, of which the report draws one column. */
export interface Finding {
  section: string;
  title: string;
  /** How it was measured, a sentence or two. */
  how: string;
  head: string[];
  rows: Row[];
  /** What the report draws: one column as bars, or lines. */
  plot: { column: number; unit: string } | LinePlot;
  /** What of ours was asked and not answered. */
  errors: number;
  /** What is not in the table although it belongs there, and why. */
  omitted: string[];
  /** Averages over one minute, at its beginning and its end. */
  load: [number, number];
}

/** Over a logarithmic horizontal axis. */
export interface LinePlot {
  title: string;
  /** What goes along the horizontal axis. */
  x: string;
  unit: string;
  lines: Line[];
}

export interface Line {
  label: string;
  group: Group;
  points: [x: number, y: number][];
}

export interface Row {
  label: string;
  group: Group;
  /** One for each column of `head`; null: not measured. */
  cells: (number | null)[];
}

export const HEAD = ["p50 ms", "p95 ms", "p99 ms", "n"];

/** The cells under `HEAD`. */
export const summaryCells = (summary: Summary | null): Row["cells"] =>
  summary === null ? [null, null, null, 0] : [summary.p50, summary.p95, summary.p99, summary.n];

/** What a section's measuring gives when its result is a table; adds how busy the machine was before and after. */
export async function withLoad(
  section: string,
  measure: () => Promise<Omit<Finding, "section" | "load">>,
): Promise<{ findings: [Finding] }> {
  const before = loadavg()[0] ?? NaN;
  const found = await measure();
  return { findings: [{ section, ...found, load: [before, loadavg()[0] ?? NaN] }] };
}
