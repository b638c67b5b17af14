import type { StartKind } from "@zygo/contracts/names";
import type { Group, Phases, StartUpSeries } from "./result.ts";
import { medianPhases } from "./server-timing.ts";
import { summarise } from "./statistics.ts";

/** One start, measured. */
export interface Sample {
  ms: number;
  /** Ours alone. */
  kind?: StartKind | "unknown";
  phases?: Phases;
}

/** A way to start, and how to measure one. */
export interface Contender {
  id: string;
  label: string;
  group: Group;
  bundle: string;
  /** Samples of any other kind do not count. Absent for those that have no kinds. */
  kind?: StartKind;
  measure(): Promise<Sample>;
}

/** Sorts a contender's samples: those of its kind are the series, the others are counted apart. */
export function makeSeries(contender: Omit<Contender, "measure">, samples: readonly Sample[], errors: number): StartUpSeries {
  const { id, label, group, bundle, kind } = contender;
  const counting = samples.filter((sample) => kind === undefined || sample.kind === kind);
  const others: StartUpSeries["others"] = {};
  for (const sample of samples) {
    if (kind !== undefined && sample.kind !== kind) others[sample.kind ?? "unknown"] = (others[sample.kind ?? "unknown"] ?? 0) + 1;
  }
  const samplesMs = counting.map(({ ms }) => round(ms));
  const phases = medianPhases(counting.flatMap((sample) => sample.phases ?? []));
  return { id, label, group, bundle, summary: summarise(samplesMs), samplesMs, phases, others, errors };
}

/** To the microsecond: what the clock tells. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
