import { join } from "node:path";
import { HEADERS, RUNTIMES } from "@zygo/contracts";
import { CHECKOUT } from "../checkout.ts";
import { Random } from "../faults/random.ts";
import { settled, type Held } from "../leaks.ts";
import type { Platform } from "../platform.ts";
import { BUNDLES, checkAnswer, drawCall, functionName, type Call } from "./call.ts";

/** Nobody's work takes this long, on a busy machine either: who has not answered by then hangs. */
const HANG_MS = 60_000;
const SETTLE_MS = 60_000;

export interface Played {
  starts: number;
  /** Start kind → how many. */
  kinds: Record<string, number>;
  /** A sentence each: who failed, and at what. */
  failures: string[];
  /** Random values that two instances drew alike. */
  repeats: number;
  before: Held;
  after: Held;
}

/** All functions, and an instance of each once: templates are made, the worker's link to the gateway is open. */
export async function deployWork(platform: Platform): Promise<void> {
  for (const bundle of BUNDLES) {
    const file = join(CHECKOUT, "packages/testkit/test/fixtures", `${bundle}.ts`);
    for (const runtime of RUNTIMES) {
      await platform.deploy(file, "--name", functionName(bundle, runtime, false), "--runtime", runtime);
      await platform.deploy(file, "--name", functionName(bundle, runtime, true), "--runtime", runtime, "--no-template");
      for (const isPlain of [false, true]) await start(platform, { function: functionName(bundle, runtime, isPlain), does: ["timers"] });
    }
  }
}

export interface Load {
  count: number;
  seed: number;
  /** Callers, each of which waits for its answer. */
  atOnce: number;
  onProgress?: (played: Pick<Played, "starts" | "kinds" | "failures">) => void;
}

/** So many starts, drawn from the seed, then a look at what is left of them. The functions must be deployed. */
export async function playStarts(platform: Platform, { count, seed, atOnce, onProgress }: Load): Promise<Played> {
  const random = new Random(seed);
  const before = await platform.rest();
  const drawn = new Set<string>();
  const played = { starts: 0, kinds: {} as Played["kinds"], failures: [] as string[] };
  let asked = 0;
  const keepStarting = async (): Promise<void> => {
    while (asked < count) {
      asked++;
      const call = drawCall(random);
      try {
        const { kind, value } = await start(platform, call);
        played.kinds[kind] = (played.kinds[kind] ?? 0) + 1;
        drawn.add(value);
      } catch (error) {
        played.failures.push(`${call.function} doing ${call.does.join(", ")}: ${String(error)}`);
      }
      played.starts++;
      onProgress?.(played);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, keepStarting));
  const after = await settled(before, () => platform.held(), SETTLE_MS);
  return { ...played, repeats: played.starts - played.failures.length - drawn.size, before, after };
}

async function start(platform: Platform, call: Call): Promise<{ kind: string; value: string }> {
  const answer = await fetch(platform.at(`${call.function}?does=${call.does.join(",")}`), { signal: AbortSignal.timeout(HANG_MS) });
  if (answer.status !== 200) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 300)}`);
  const kind = answer.headers.get(HEADERS.start) ?? "none";
  return { kind, value: checkAnswer(call, await answer.json()) };
}
