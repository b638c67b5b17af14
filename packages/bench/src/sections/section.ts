import type { Platform } from "@zygo/testkit";
import type { Peer } from "../peers/peer.ts";
import type { Plan } from "../plan.ts";
import type { PlatformSpec } from "../platforms.ts";
import type { BenchResult } from "../result.ts";
import type { Target } from "../target.ts";

/** One thing that a run measures. To add one: a file here that exports it, and its line in `registry.ts`. */
export interface Section {
  /** What `--only` takes. */
  name: string;
  /** A few words for `fn bench --help`. */
  about: string;
  /** What it measures on, in the order in which it gets them. */
  on: readonly PlatformSpec[];
  /** @throws the signal's reason; Error when something cannot be measured at all */
  measure(stage: Stage): Promise<Found>;
  /** What is asked of what it finds. */
  targets: readonly Target[];
}

/** What a section measures with. */
export interface Stage {
  plan: Plan;
  /** As `on` asks for. */
  platforms: readonly Platform[];
  /** Started anew for each sample; empty without peers. */
  startPeers: readonly Peer[];
  /** That run and answer; empty without peers. */
  warmPeers: readonly Peer[];
  /** Load by wrk; else by this process. */
  wrk: boolean;
  /** A directory for files and sockets; it is removed after the run. */
  scratch: string;
  signal: AbortSignal;
  /** Told how far it is. `all` 0: it has no countable parts. */
  onStep(done: number, all: number): void;
}

/** The members of the result that a section fills. */
export type Found = Partial<Pick<BenchResult, "startUp" | "spawnFloor" | "warm" | "soak" | "sustained" | "findings" | "deployed">>;

/** The one platform of a section that asks for one. */
export function onlyPlatform({ platforms }: Stage): Platform {
  const [platform] = platforms;
  if (platform === undefined) throw new Error("the section asks for no platform");
  return platform;
}
