import { START_KINDS } from "@zygo/contracts/names";
import type { Platform } from "@zygo/testkit";
import { setTimeout as sleep } from "node:timers/promises";
import { addressOf, askOnce } from "../connection.ts";
import { summaryCells, type Row } from "../finding.ts";
import { startKind } from "../server-timing.ts";
import { summarise } from "../statistics.ts";

/** Samples, milliseconds, by the start kind that the platform named; those without an answer are `failed`. */
export type ByKind = Map<string, number[]>;

interface Pacing {
  samples: number;
  /** Before them, that do not count. */
  warmUps: number;
  pauseMs: number;
  signal: AbortSignal;
}

/** Starts one after the other, each over a connection of its own, on each platform in turns. One result a platform. */
export async function sampleInTurns(
  platforms: readonly Platform[],
  name: string,
  { samples, warmUps, pauseMs, signal }: Pacing,
): Promise<ByKind[]> {
  const tallies = platforms.map((platform) => ({ address: addressOf(platform.url), byKind: new Map() as ByKind }));
  for (let count = -warmUps; count < samples; count++) {
    for (const { address, byKind } of tallies) {
      const timed = await askOnce(address, `/fn/${name}/`).catch(() => undefined);
      const isWhole = timed?.answer.status === 200;
      if (count >= 0) add(byKind, isWhole ? startKind(timed.answer) : "failed", timed?.firstByteMs ?? NaN);
      await sleep(pauseMs, undefined, { signal });
    }
  }
  return tallies.map(({ byKind }) => byKind);
}

export function add(byKind: ByKind, kind: string, ms: number): void {
  const all = byKind.get(kind);
  if (all === undefined) byKind.set(kind, [ms]);
  else all.push(ms);
}

/** A row for each kind that occurred; those that did not are no rows. */
export function kindRows(label: string, byKind: ByKind): Row[] {
  const kinds = [...START_KINDS, "unknown"].filter((kind) => byKind.has(kind));
  return kinds.map((kind) => ({ label: `${label}, ${kind}`, group: "zygo", cells: summaryCells(summarise(byKind.get(kind)!)) }));
}
