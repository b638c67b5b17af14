import { AGAINST, peerOf } from "../against.ts";
import { ratio, showMs, showRate } from "../figures.ts";
import type { BenchResult, StartUpSeries, WarmSeries } from "../result.ts";
import { asked } from "./asked.ts";
import { bars } from "./bars.ts";
import { findingChapters } from "./findings.ts";
import { escape, table } from "./markup.ts";
import { phaseBars, type PhaseRow } from "./phase-bars.ts";
import { scatterPlot } from "./scatter-plot.ts";
import { stripPlot } from "./strip-plot.ts";
import { STYLE } from "./style.ts";
import { tiles } from "./tiles.ts";

/** The result as one HTML page that needs nothing else: no script, no font, no image from anywhere. */
export function renderReport(result: BenchResult): string {
  const { startedAt, machine, cores, kernel } = result.environment;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Zygo benchmark, ${escape(startedAt.slice(0, 10))}</title><style>${STYLE}</style></head><body>
<h1>Zygo benchmark</h1>
<p class="faint-text">${escape(`${startedAt.slice(0, 16).replace("T", " ")} UTC, ${machine}, ${cores} cores, ${kernel}`)}</p>
${mind(result)}${tiles(result)}${asked(result)}
${result.startUp.length === 0 ? "" : `${startUp(result)}\n${phases(result)}`}
${result.warm.length === 0 ? "" : warm(result)}
${findingChapters(result.findings)}
${endurance(result)}
${conditions(result)}
</body></html>
`;
}

function mind({ problems }: BenchResult): string {
  if (problems.length === 0) return "";
  return `<div class="mind"><strong>Mind when reading this:</strong><ul>${problems.map((each) => `<li>${escape(each)}</li>`).join("")}</ul></div>`;
}

const figure = (drawing: string): string => (drawing === "" ? "" : `<figure>${drawing}</figure>`);

function startUp({ startUp: all, plan, spawnFloor }: BenchResult): string {
  const hello = all.filter(({ bundle }) => bundle === "hello");
  const larger = [...new Set(all.map(({ bundle }) => bundle))].filter((bundle) => bundle !== "hello");
  const floor =
    spawnFloor === null ? "" : ` Spawning <code>/bin/true</code> takes ${showMs(spawnFloor.p50)} ms here, a part of each peer's time.`;
  return `<h2>Start-up: nothing running, to the first byte of the answer</h2>
<p>Zygo: over a new connection, through gateway, Redis, worker and sandbox; <em>hot</em> has an idle instance and shows what
that way costs alone. Peers: spawned, listening, connected, answered; of them only bwrap, crun
and runc isolate anything. In turns, ${plan.samples} rounds.${floor} Bar: p50. Dashes: p99.</p>
${figure(stripPlot("Start-up times of hello", hello))}
${larger
  .map((name) =>
    figure(
      stripPlot(
        `Start-up times of ${name}`,
        all.filter(({ bundle }) => bundle === name),
      ),
    ),
  )
  .join("\n")}
${table(
  ["", "min", "p50", "p95", "p99", "max", "n", ...AGAINST.map((id) => `÷ ${id}`)],
  all.map((series) => startUpRow(series, all)),
)}`;
}

function startUpRow(series: StartUpSeries, all: readonly StartUpSeries[]): string[] {
  const { label, summary } = series;
  if (summary === null) return [label, "–", "–", "–", "–", "–", "0", ...AGAINST.map(() => "")];
  const { min, p50, p95, p99, max, n } = summary;
  const ratios = AGAINST.map((id) => ratio(p50, peerOf(all, series, id)?.p50));
  return [label, ...[min, p50, p95, p99, max].map(showMs), String(n), ...ratios];
}

function phases({ startUp: all, warm: warmed }: BenchResult): string {
  const rows = (series: readonly { label: string; phases: PhaseRow["phases"] | null }[]): PhaseRow[] =>
    series.flatMap((each) => (each.phases === null ? [] : [{ label: each.label, phases: each.phases }]));
  const small = all.filter(({ bundle }) => bundle === "hello");
  const larger = all.filter(({ bundle }) => bundle !== "hello");
  return `<h2>Where the time goes</h2>
<p>From the <code>server-timing</code> header of the same samples: the p50 of each phase, so the sum need not be the p50 of the whole.</p>
${figure(phaseBars("Phases of hello", rows(small)))}
${figure(phaseBars("Phases of larger bundles", rows(larger)))}
${figure(phaseBars("Phases of warm calls on a kept connection", rows(warmed)))}`;
}

function warm({ warm: all, plan, environment }: BenchResult): string {
  const bar = ({ label, group }: WarmSeries, value: number, shown: string) => ({ label, group, value, shown });
  const rates = all.map((each) => bar(each, each.many.rps, showRate(each.many.rps)));
  const single = all.flatMap((each) => (each.one === null ? [] : [bar(each, each.one.p50, showMs(each.one.p50))]));
  const row = ({ label, one, many }: WarmSeries): string[] => [
    label,
    ...[one?.p50, one?.p99].map((ms) => (ms === undefined ? "–" : showMs(ms))),
    showRate(many.rps),
    ...[many.p50Ms, many.p99Ms].map(showMs),
  ];
  return `<h2>Warm: what is running answers</h2>
<p>${plan.connections} connections, requests per second against p99 (load by ${escape(environment.loadGenerator)}, on the same cores as everything else); then one
connection, one request at a time, p50. The peers have no gateway, no queue and no isolation.</p>
${figure(scatterPlot("Requests per second against p99", all))}
${figure(bars("Requests per second", "rps", rates))}
${figure(bars("p50 on one connection", "ms", single))}
${table(["", "1 conn. p50", "p99", `${plan.connections} conn. rps`, "p50", "p99"], all.map(row))}`;
}

function endurance({ soak, sustained, deployed }: BenchResult): string {
  if (soak === null && sustained === null) return "";
  return `<h2>Endurance</h2><dl>${soakEntry(soak)}${sustainedEntries(sustained)}</dl>
${table(
  ["deployed", "bundle, kB", "deploy, ms"],
  deployed.map(({ name, bundleBytes, deployMs }) => [name, (bundleBytes / 1000).toFixed(1), showMs(deployMs)]),
)}`;
}

function soakEntry(soak: BenchResult["soak"]): string {
  if (soak === null) return "";
  return `<dt>Invocations</dt><dd>${soak.requests.toLocaleString("en-GB")} on ${soak.connections} connections, ${soak.errors} errors</dd>`;
}

function sustainedEntries(sustained: BenchResult["sustained"]): string {
  if (sustained === null) return "";
  const kinds = Object.entries(sustained.kinds).map(([kind, count]) => `${count} ${kind}`);
  const left = Object.entries(sustained.leaks).map(([name, [before, after]]) => `${name} ${before} → ${after}`);
  return `<dt>New sandboxes</dt><dd>${showRate(sustained.perSecond)} a second for ${Math.round(sustained.elapsedMs / 1000)} s, ${sustained.connections} at a time,
teardown included (${escape(kinds.join(", "))}), ${sustained.errors} errors</dd>
${sustained.peers.map(({ label, perSecond }) => `<dt>${escape(label)}</dt><dd>${showRate(perSecond)} a second in a loop, one at a time</dd>`).join("")}
<dt>Left behind by them</dt><dd>${left.length === 0 ? "nothing: processes, mounts, control groups, network namespaces and descriptors are back where they were" : escape(left.join(", "))}</dd>`;
}

function conditions({ environment, missing, plan }: BenchResult): string {
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`);
  const absent = missing.map(({ label, why }) => `${label} (${why})`);
  return `<h2>Conditions</h2><dl>
<dt>Load average</dt><dd>${environment.loadBefore.toFixed(2)} before, ${environment.loadAfter.toFixed(2)} after; compare ratios, not times</dd>
<dt>Versions</dt><dd>${escape(versions.join(", "))}</dd>
<dt>Left out</dt><dd>${absent.length === 0 ? "no peer" : escape(absent.join(", "))}</dd>
<dt>Plan</dt><dd>${escape(plan.name)}: ${plan.samples} rounds, ${plan.pauseMs} ms of quiet after each start; took ${Math.round(environment.elapsedMs / 1000)} s</dd></dl>`;
}
