import type { BenchResult } from "./result.ts";

type Findings = Omit<BenchResult, "problems" | "healthy" | "targets">;

/** Whether all that was asked of the platform was answered, and everything given back. Slow is not ill, and neither is another start kind. */
export function isHealthy({ startUp, soak, warm, sustained, findings }: Findings): boolean {
  const ours = <Each extends { group: string }>(all: Each[]): Each[] => all.filter(({ group }) => group === "zygo");
  const errors = [
    ...ours(startUp).map((each) => each.errors),
    ...ours(warm).map(({ many }) => many.errors),
    soak?.errors ?? 0,
    sustained?.errors ?? 0,
  ];
  const all = [...errors, ...findings.map((finding) => finding.errors)];
  return all.every((count) => count === 0) && Object.keys(sustained?.leaks ?? {}).length === 0;
}

/** What a person must know before they trust the figures, a sentence each. */
export function findProblems(result: Findings): string[] {
  return [
    ...ofMachine(result),
    ...result.startUp.flatMap(ofSeries),
    ...ofSoak(result),
    ...ofWarm(result),
    ...ofSustained(result),
    ...ofFindings(result),
  ];
}

/** Runnable tasks per core before the run from which on others slow it down for certain. */
const BUSY = 0.75;

function ofMachine({ environment: { loadBefore, cores } }: Pick<BenchResult, "environment">): string[] {
  if (!(loadBefore > BUSY * cores)) return [];
  return [
    `the machine was busy before the run began (load ${loadBefore.toFixed(1)} on ${cores} cores): times are too long, and ratios rough`,
  ];
}

function ofSeries({ label, summary, others, errors }: BenchResult["startUp"][number]): string[] {
  const strangers = Object.entries(others).map(([kind, count]) => `${count} ${kind}`);
  return [
    ...(errors > 0 ? [`${label}: ${errors} starts failed`] : []),
    ...(strangers.length > 0 ? [`${label}: ${strangers.join(", ")} came instead; they are not in its figures`] : []),
    ...(summary === null ? [`${label}: no sample counts`] : []),
  ];
}

function ofSoak({ soak }: Pick<BenchResult, "soak">): string[] {
  if (soak === null) return [];
  const { requests, errors } = soak;
  return errors > 0 ? [`${errors} of ${requests} invocations failed`] : [];
}

function ofWarm({ warm }: Pick<BenchResult, "warm">): string[] {
  return warm.filter(({ many }) => many.errors > 0).map(({ label, many }) => `${label}: ${many.errors} errors under load`);
}

function ofSustained({ sustained }: Pick<BenchResult, "sustained">): string[] {
  if (sustained === null) return [];
  const { errors, starts, leaks } = sustained;
  return [
    ...(errors > 0 ? [`sustained starts: ${errors} of ${starts} failed`] : []),
    ...Object.entries(leaks).map(([name, [before, after]]) => `left behind by sustained starts: ${name} ${before} → ${after}`),
  ];
}

function ofFindings({ findings }: Pick<BenchResult, "findings">): string[] {
  return findings.flatMap(({ section, errors, omitted }) => [
    ...(errors > 0 ? [`${section}: ${errors} requests failed`] : []),
    ...omitted.map((what) => `${section}: ${what}`),
  ]);
}
