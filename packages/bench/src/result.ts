import type { StartKind } from "@zygo/contracts/names";
import type { Finding } from "./finding.ts";
import type { Group } from "./group.ts";
import type { Summary } from "./statistics.ts";
import type { Verdict } from "./verdict.ts";

/** Everything that a run found: what `fn bench --json` prints. Times in milliseconds. */
export interface BenchResult {
  plan: { name: string; samples: number; pauseMs: number; connections: number; sections: readonly string[] };
  environment: Environment;
  startUp: StartUpSeries[];
  /** Spawning /bin/true and waiting for its end: how much of a peer's start-up is the spawning itself. */
  spawnFloor: Summary | null;
  warm: WarmSeries[];
  /** Null when this run has left it out, as it is of `sustained`; `startUp` and `warm` are empty then. */
  soak: { requests: number; connections: number; errors: number; elapsedMs: number } | null;
  sustained: Sustained | null;
  /** Of all other sections. */
  findings: Finding[];
  deployed: { name: string; bundleBytes: number; deployMs: number }[];
  /** Peers that are not in this run. */
  missing: { label: string; why: string }[];
  /** What is asked for, and whether it was reached. */
  targets: Verdict[];
  /** What a person must know before they trust the figures; empty is good. */
  problems: string[];
  /** No invocation failed, and nothing was left behind. */
  healthy: boolean;
}

export interface Environment {
  startedAt: string;
  elapsedMs: number;
  machine: string;
  cores: number;
  kernel: string;
  /** Averages over one minute. */
  loadBefore: number;
  loadAfter: number;
  /** Program → version. */
  versions: Record<string, string>;
  /** What made the load of the 32 connections. */
  loadGenerator: string;
}

/** Where the time of an invocation went, milliseconds. */
export interface Phases {
  queue: number;
  start: number;
  init: number;
  handler: number;
  /** What no phase accounts for: connecting, HTTP, the gateway, the way back. */
  rest: number;
}

export type { Group };

export interface StartUpSeries {
  id: string;
  label: string;
  group: Group;
  bundle: string;
  /** Null when no sample counted. */
  summary: Summary | null;
  samplesMs: number[];
  /** p50 of each; ours alone. */
  phases: Phases | null;
  /** Samples that turned out to be of another start kind: not in the summary. */
  others: Partial<Record<StartKind | "unknown", number>>;
  errors: number;
}

export interface WarmSeries {
  id: string;
  label: string;
  group: Group;
  /** One connection, one request at a time. */
  one: Summary | null;
  phases: Phases | null;
  /** Many connections. `rps`: median of the blocks. */
  many: { rps: number; blocks: number[]; p50Ms: number; p99Ms: number; errors: number };
}

export interface Sustained {
  connections: number;
  elapsedMs: number;
  starts: number;
  perSecond: number;
  kinds: Partial<Record<string, number>>;
  errors: number;
  latency: Summary | null;
  /** Others' containers, one at a time in a loop. */
  peers: Looped[];
  /** What is held after it and was not before: name → [before, after]. Empty: nothing leaked. */
  leaks: Record<string, [number, number]>;
}

/** Somebody else's starts, teardown included. */
export interface Looped {
  label: string;
  starts: number;
  perSecond: number;
}
