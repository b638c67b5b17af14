import { Connection, type Address } from "./connection.ts";
import { load } from "./load.ts";
import type { Group, Phases, WarmSeries } from "./result.ts";
import { medianPhases, phasesOf } from "./server-timing.ts";
import { median, summarise } from "./statistics.ts";
import { runWrk, type Block } from "./wrk.ts";

/** Something that runs and answers. */
export interface WarmTarget {
  id: string;
  label: string;
  group: Group;
  address: Address;
  path: string;
  /** For wrk. */
  url: string;
}

export interface WarmRounds {
  rounds: number;
  /** On one connection, in each round. */
  requests: number;
  /** On many, in each round, milliseconds. */
  durationMs: number;
  connections: number;
  /** Load by wrk; else by this process. */
  wrk: boolean;
  signal: AbortSignal;
  onRound(done: number, all: number): void;
}

interface Tally {
  target: WarmTarget;
  oneMs: number[];
  phases: Phases[];
  blocks: Block[];
}

/** Round by round, each target a block of requests on one connection and a block of load on many. @throws Error when a target fails */
export async function measureWarm(targets: readonly WarmTarget[], options: WarmRounds): Promise<WarmSeries[]> {
  const tallies = targets.map((target): Tally => ({ target, oneMs: [], phases: [], blocks: [] }));
  // A round that does not count: instances come up, code is compiled.
  for (const { target } of tallies) await load(target, { connections: options.connections, durationMs: 500 }, options.signal);
  for (let round = 1; round <= options.rounds; round++) {
    for (const tally of tallies) await askOneByOne(tally, options);
    for (const { target, blocks } of tallies) blocks.push(await loadBlock(target, options));
    options.onRound(round, options.rounds);
  }
  return tallies.map(toSeries);
}

async function askOneByOne({ target, oneMs, phases }: Tally, { requests, signal }: WarmRounds): Promise<void> {
  const connection = new Connection(target.address);
  try {
    // The first one connects: it does not count.
    for (let count = 0; count <= requests; count++) {
      signal.throwIfAborted();
      const { answer, firstByteMs } = await connection.ask(target.path);
      if (answer.status !== 200) throw new Error(`${target.label} answered ${answer.status}`);
      if (count === 0) continue;
      oneMs.push(firstByteMs);
      if (target.group === "zygo") phases.push(phasesOf(answer, firstByteMs));
    }
  } finally {
    connection.close();
  }
}

async function loadBlock(target: WarmTarget, { connections, durationMs, wrk, signal }: WarmRounds): Promise<Block> {
  if (wrk) return runWrk(target.url, { connections, durationMs }, signal);
  const { done, elapsedMs, firstByteMs, errors } = await load(target, { connections, durationMs }, signal);
  const summary = summarise(firstByteMs);
  return { rps: done / (elapsedMs / 1000), p50Ms: summary?.p50 ?? NaN, p99Ms: summary?.p99 ?? NaN, errors };
}

function toSeries({ target: { id, label, group }, oneMs, phases, blocks }: Tally): WarmSeries {
  const of = (member: keyof Block): number[] => blocks.map((block) => block[member]);
  const many = {
    rps: median(of("rps")),
    blocks: of("rps"),
    p50Ms: median(of("p50Ms")),
    p99Ms: median(of("p99Ms")),
    errors: of("errors").reduce((sum, count) => sum + count, 0),
  };
  return { id, label, group, one: summarise(oneMs), phases: medianPhases(phases), many };
}
