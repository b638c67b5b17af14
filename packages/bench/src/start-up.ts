import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Platform } from "@zygo/testkit";
import type { StartKind } from "@zygo/contracts/names";
import { addressOf, askOnce } from "./connection.ts";
import type { Peer } from "./peers/peer.ts";
import type { StartUpSeries } from "./result.ts";
import { makeSeries, type Contender, type Sample } from "./series.ts";
import { phasesOf, startKind } from "./server-timing.ts";
import { ServerProcess } from "./server-process.ts";

const PEER_PAUSE_MS = 10;

export interface Rounds {
  samples: number;
  /** Rounds before them that do not count. */
  warmUps: number;
  pauseMs: number;
  signal: AbortSignal;
  onRound(done: number, all: number): void;
}

/**
 * Each contender once a round, so that whatever the machine goes through meets them all alike; each round begins with another one, so
 * that none always follows the same. @throws the signal's reason
 */
export async function measureStartUp(
  contenders: readonly Contender[],
  { samples, warmUps, pauseMs, signal, onRound }: Rounds,
): Promise<StartUpSeries[]> {
  const tallies = contenders.map((contender) => ({ contender, samples: [] as Sample[], errors: 0 }));
  for (let round = -warmUps; round < samples; round++) {
    for (let turn = 0; turn < tallies.length; turn++) {
      const tally = tallies[(turn + round + warmUps) % tallies.length]!;
      const sample = await tally.contender.measure().catch(() => undefined);
      if (round >= 0 && sample !== undefined) tally.samples.push(sample);
      else if (round >= 0) tally.errors++;
      // Of somebody else nothing is left that would be taken down or filled up behind the answer.
      await sleep(tally.contender.group === "peer" ? PEER_PAUSE_MS : pauseMs, undefined, { signal });
    }
    onRound(Math.max(0, round + 1), samples);
  }
  return tallies.map((tally) => makeSeries(tally.contender, tally.samples, tally.errors));
}

/** Through the whole platform: connect, ask, first byte of the answer. Labels name the start kind alone for hello, the bundle too for others. */
export function platformStart(platform: Platform, { kind, name, bundle }: { kind: StartKind; name: string; bundle: string }): Contender {
  const label = bundle === "hello" ? kind : `${kind}, ${bundle}`;
  const measure = async (): Promise<Sample> => {
    const { answer, firstByteMs } = await askOnce(addressOf(platform.url), `/fn/${name}/`);
    if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}`);
    return { ms: firstByteMs, kind: startKind(answer), phases: phasesOf(answer, firstByteMs) };
  };
  return { id: `${kind}/${bundle}`, label: `Zygo ${label}`, group: "zygo", bundle, kind, measure };
}

/** Spawn, wait until it says that it listens, connect, ask, first byte of the answer. */
export function peerStart({ id, label, bundle, command }: Peer): Contender {
  const measure = async (): Promise<Sample> => {
    const server = await ServerProcess.start(command);
    try {
      const spawning = performance.now() - server.spawnedAt;
      const { answer, firstByteMs } = await askOnce(server.address, "/");
      if (answer.status !== 200) throw new Error(`${label} answered ${answer.status}`);
      return { ms: spawning + firstByteMs };
    } finally {
      await server.stop();
    }
  };
  return { id, label, group: "peer", bundle, measure };
}

/** What spawning itself costs here: /bin/true, from the call to its end, milliseconds. */
export async function spawnFloor(times: number): Promise<number[]> {
  const all: number[] = [];
  while (all.length < times) {
    const startedAt = performance.now();
    await once(spawn("/bin/true", { stdio: "ignore" }), "exit");
    all.push(performance.now() - startedAt);
  }
  return all;
}
