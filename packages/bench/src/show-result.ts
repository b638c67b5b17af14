import type { BenchResult, Phases, StartUpSeries, WarmSeries } from "./result.ts";
import { ratio, showMs, showRate } from "./figures.ts";

/** The result for a terminal. */
export function showResult(result: BenchResult): string {
  const { environment, soak, sustained, problems, missing } = result;
  return [
    `${environment.machine}, ${environment.cores} cores, ${environment.kernel}`,
    `load ${environment.loadBefore.toFixed(1)} → ${environment.loadAfter.toFixed(1)}; ${Object.entries(environment.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
    ...missing.map(({ label, why }) => `left out: ${label} (${why})`),
    "",
    `Start-up to the first byte of the answer, milliseconds (a new connection each; ${result.plan.samples} rounds, alternating)`,
    showColumns(["", "p50", "p95", "p99", "n", "÷ bun"], startUpRows(result.startUp)),
    ...(result.spawnFloor === null
      ? []
      : [`Spawning /bin/true takes ${showMs(result.spawnFloor.p50)} here: a part of each peer's figure.`]),
    "",
    "Where the time goes, p50 of each phase, milliseconds",
    showColumns(["", "queue", "start", "init", "handler", "rest"], phaseRows(result)),
    "",
    `Warm: one connection, milliseconds; ${result.plan.connections} connections, requests per second (load by ${environment.loadGenerator})`,
    showColumns(["", "p50", "p99", "rps", "p99 under load"], result.warm.map(warmRow)),
    "",
    `${soak.requests} invocations on ${soak.connections} connections: ${soak.errors} errors, ${showRate(soak.requests / (soak.elapsedMs / 1000))}/s`,
    `A new sandbox for each request, ${Math.round(sustained.elapsedMs / 1000)} s, ${sustained.connections} at a time: ` +
      `${showRate(sustained.perSecond)} starts/s (${showCounts(sustained.kinds)}), ` +
      (Object.keys(sustained.leaks).length === 0 ? "nothing left behind" : "something left behind"),
    ...(problems.length === 0 ? [] : ["", "Mind:", ...problems.map((problem) => `  ${problem}`)]),
  ].join("\n");
}

function startUpRows(series: readonly StartUpSeries[]): string[][] {
  const bun = series.find(({ id }) => id === "bun")?.summary;
  return series.map(({ label, summary }) => {
    if (summary === null) return [label, "–", "–", "–", "0", ""];
    return [label, showMs(summary.p50), showMs(summary.p95), showMs(summary.p99), String(summary.n), ratio(summary.p50, bun?.p50)];
  });
}

function phaseRows({ startUp, warm }: BenchResult): string[][] {
  const row = ({ label, phases }: { label: string; phases: Phases | null }): string[] =>
    phases === null ? [] : [label, ...[phases.queue, phases.start, phases.init, phases.handler, phases.rest].map(showMs)];
  return [...startUp, ...warm.map((series) => ({ ...series, label: `${series.label}, warm` }))]
    .map(row)
    .filter((cells) => cells.length > 0);
}

const warmRow = ({ label, one, many }: WarmSeries): string[] => [
  label,
  ...(one === null ? ["–", "–"] : [showMs(one.p50), showMs(one.p99)]),
  showRate(many.rps),
  showMs(many.p99Ms),
];

const showCounts = (counts: Record<string, number | undefined>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");

/** First column to the left, figures to the right. */
function showColumns(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0));
  return all.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd()).join("\n");
}
