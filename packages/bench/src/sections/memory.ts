import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "@zygo/testkit";
import { withLoad, type Finding, type Line, type Row } from "../finding.ts";
import { roomy } from "../platforms.ts";
import { ServerProcess } from "../server-process.ts";
import { cellOf } from "../target.ts";
import { aliveNow, keepAlive } from "./made.ts";
import { onlyPlatform, type Section, type Stage } from "./section.ts";

const NODES = 20;
const HELLO = join(import.meta.dirname, "../servers/hello.cjs");
const AVAILABLE = "MemAvailable MiB";
const PSS = "PSS MiB";
const rowName = (all: number): string => `Zygo, ${all.toLocaleString("en-GB")} idle instances`;

export const memory: Section = {
  name: "memory",
  about: "memory of an idle instance, up to thousands alive, against Node processes",
  on: [roomy("memory")],
  measure: (stage) => withLoad("memory", () => measure(stage)),
  targets: [
    {
      what: "memory of an idle instance, 2,000 alive",
      limit: { atMost: 3 },
      unit: " MiB",
      found: (result) => cellOf(result, "memory", rowName(2000), AVAILABLE),
    },
  ],
};

/** What the machine has less of, and what the instances' own processes hold in proportion. */
async function measure(stage: Stage): Promise<Omit<Finding, "section" | "load">> {
  const { plan, scratch, signal, onStep } = stage;
  const platform = onlyPlatform(stage);
  await platform.rest();
  const before = available();
  const points: Point[] = [];
  for (const all of plan.alive) {
    await keepAlive(platform, scratch, { more: all - (points.at(-1)?.all ?? 0), all, signal });
    points.push({ all, lessMiB: (before - available()) / all, pssMiB: await meanPss(platform) });
    onStep(points.length, plan.alive.length);
  }
  const nodes = plan.peers ? [await measureNodes()] : [];
  return {
    title: "Memory of an idle instance of hello",
    how:
      "MemAvailable: what the machine has less of, divided by their number, so page tables, sockets, control groups, the worker's own " +
      "bookkeeping and whatever else happens on the machine are in it. PSS: of the instance's process alone.",
    head: [AVAILABLE, PSS, "n"],
    rows: [...points.map(toRow), ...nodes],
    plot: { title: "MiB for each that is alive", x: "how many are alive", unit: "MiB", lines: lines(points, nodes) },
    errors: 0,
    omitted: [],
  };
}

interface Point {
  all: number;
  lessMiB: number;
  pssMiB: number | null;
}

const toRow = ({ all, lessMiB, pssMiB }: Point): Row => ({ label: rowName(all), group: "zygo", cells: [lessMiB, pssMiB, all] });

/** A Node's memory does not depend on how many there are: its line is level. */
function lines(points: readonly Point[], nodes: readonly Row[]): Line[] {
  const ends = [points[0]?.all ?? 1, points.at(-1)?.all ?? 1];
  const level = ({ label, cells: [mib] }: Row): Line => ({ label, group: "peer", points: ends.map((all) => [all, mib ?? 0]) });
  return [
    { label: "MemAvailable", group: "zygo", points: points.map(({ all, lessMiB }) => [all, lessMiB]) },
    { label: "PSS", group: "zygo", points: points.flatMap(({ all, pssMiB }) => (pssMiB === null ? [] : [[all, pssMiB]])) },
    ...nodes.map(level),
  ];
}

async function measureNodes(): Promise<Row> {
  const before = available();
  const servers: ServerProcess[] = [];
  try {
    while (servers.length < NODES) servers.push(await ServerProcess.start({ program: process.execPath, args: [HELLO] }));
    const cells = [(before - available()) / NODES, mean(servers.map(({ pid }) => proportionalMiB(pid))), NODES];
    return { label: `${NODES} processes of node`, group: "peer", cells };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const meanPss = async (platform: Platform): Promise<number | null> =>
  mean((await aliveNow(platform)).map(({ pid }) => proportionalMiB(pid)));

/** MiB. @source proc(5) */
const available = (): number => kilobytes(readFileSync("/proc/meminfo", "utf8"), "MemAvailable") / 1024;

/** MiB; NaN of a process that has ended. @source proc_pid_smaps(5) */
function proportionalMiB(pid: number): number {
  try {
    return kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"), "Pss") / 1024;
  } catch {
    return NaN;
  }
}

/** The figure of a line such as `Pss:   12 kB`. @throws Error when there is none */
export function kilobytes(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${text.slice(0, 80)}`);
  return Number(found);
}

function mean(values: readonly number[]): number | null {
  const there = values.filter((value) => !Number.isNaN(value));
  return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0) / there.length;
}
