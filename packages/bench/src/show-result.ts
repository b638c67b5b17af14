import type { Finding } from "./finding.ts";
import type { BenchResult, Phases, StartUpSeries, WarmSeries } from "./result.ts";
import type { Verdict } from "./verdict.ts";
import { AGAINST, peerOf } from "./against.ts";
import { ratio, showCell, showMs, showRate } from "./figures.ts";

/** The result for a terminal. */
export function showResult(result: BenchResult): string {
  const { environment, problems, missing } = result;
  return [
    `${environment.machine}, ${environment.cores} cores, ${environment.kernel}`,
    `load ${environment.loadBefore.toFixed(1)} → ${environment.loadAfter.toFixed(1)}; ${Object.entries(environment.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
    ...missing.map(({ label, why }) => `left out: ${label} (${why})`),
    ...(result.startUp.length === 0 ? [] : showStartUp(result)),
    ...(result.warm.length === 0 ? [] : showWarm(result)),
    ...showEndurance(result),
    ...result.findings.flatMap(showFinding),
    ...showTargets(result),
    ...(problems.length === 0 ? [] : ["", "Mind:", ...problems.map((problem) => `  ${problem}`)]),
  ].join("\n");
}

/** Every figure that is asked for and was measured, and whether it was reached. */
function showTargets({ targets }: BenchResult): string[] {
  const judged = targets.filter(({ reached }) => reached !== null);
  if (judged.length === 0) return [];
  const reached = judged.filter((each) => each.reached).length;
  const left = targets.length - judged.length;
  return [
    "",
    `Asked: ${reached} of ${judged.length} reached${left === 0 ? "" : `, ${left} not measured in this run`}`,
    showColumns(["", "asked", "found", ""], judged.map(targetRow)),
  ];
}

const targetRow = ({ what, asked, found, unit, reached }: Verdict): string[] => [
  what,
  asked,
  `${showCell(found)}${unit}`,
  reached === true ? "reached" : "MISSED",
];

function showStartUp(result: BenchResult): string[] {
  return [
    "",
    `Start-up to the first byte of the answer, milliseconds (a new connection each; ${result.plan.samples} rounds, alternating)`,
    showColumns(["", "p50", "p95", "p99", "n", ...AGAINST.map((id) => `÷ ${id}`)], startUpRows(result.startUp)),
    ...(result.spawnFloor === null
      ? []
      : [`Spawning /bin/true takes ${showMs(result.spawnFloor.p50)} here: a part of each peer's figure.`]),
    "",
    "Where the time goes, p50 of each phase, milliseconds",
    showColumns(["", "queue", "start", "init", "handler", "rest"], phaseRows(result)),
  ];
}

function showWarm(result: BenchResult): string[] {
  const { environment } = result;
  return [
    "",
    `Warm: one connection, milliseconds; ${result.plan.connections} connections, requests per second (load by ${environment.loadGenerator})`,
    showColumns(["", "p50", "p99", "rps", "p99 under load"], result.warm.map(warmRow)),
  ];
}

function showEndurance({ soak, sustained }: BenchResult): string[] {
  const soaked =
    soak === null
      ? []
      : [
          `${soak.requests} invocations on ${soak.connections} connections: ${soak.errors} errors, ${showRate(soak.requests / (soak.elapsedMs / 1000))}/s`,
        ];
  if (sustained === null) return soaked.length === 0 ? [] : ["", ...soaked];
  return [
    "",
    ...soaked,
    `A new sandbox for each request, ${Math.round(sustained.elapsedMs / 1000)} s, ${sustained.connections} at a time: ` +
      `${showRate(sustained.perSecond)} starts/s (${showCounts(sustained.kinds)}), ` +
      (Object.keys(sustained.leaks).length === 0 ? "nothing left behind" : "something left behind"),
    ...sustained.peers.map(
      ({ label, perSecond, starts }) => `  ${label} in a loop, one at a time: ${showRate(perSecond)} starts/s (n ${starts})`,
    ),
  ];
}

function showFinding({ title, head, rows, load }: Finding): string[] {
  const cells = rows.map((row) => [row.label, ...row.cells.map(showCell)]);
  return ["", `${title} (load ${load[0].toFixed(1)} → ${load[1].toFixed(1)})`, showColumns(["", ...head], cells)];
}

/** Each in relation to those of the same bundle. */
function startUpRows(series: readonly StartUpSeries[]): string[][] {
  return series.map((each) => {
    const { label, summary } = each;
    if (summary === null) return [label, "–", "–", "–", "0"];
    const figures = [summary.p50, summary.p95, summary.p99].map(showMs);
    return [label, ...figures, String(summary.n), ...AGAINST.map((id) => ratio(summary.p50, peerOf(series, each, id)?.p50))];
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
