import { settled, type Held, type Platform } from "@zygo/testkit";
import { addressOf } from "./connection.ts";
import { load } from "./load.ts";
import type { Sustained } from "./result.ts";
import { summarise } from "./statistics.ts";

const SETTLE_MS = 15_000;

/** New sandboxes as fast as they come, teardown included, then a look at what they left behind. `path` is of a function of `reuse: "never"`. */
export async function measureSustained(
  platform: Platform,
  path: string,
  { connections, durationMs, signal }: { connections: number; durationMs: number; signal: AbortSignal },
): Promise<Omit<Sustained, "peers">> {
  const before = platform.held();
  const { done, errors, elapsedMs, kinds, firstByteMs } = await load(
    { address: addressOf(platform.url), path },
    { connections, durationMs },
    signal,
  );
  const after = await settled(before, () => platform.held(), SETTLE_MS);
  const perSecond = done / (elapsedMs / 1000);
  return {
    connections,
    elapsedMs,
    starts: done,
    perSecond,
    kinds,
    errors,
    latency: summarise(firstByteMs),
    leaks: leaksBetween(before, after),
  };
}

/** What there is more of than before. */
export function leaksBetween(before: Held, after: Held): Sustained["leaks"] {
  const names = Object.keys(before) as (keyof Held)[];
  return Object.fromEntries(names.filter((name) => after[name] > before[name]).map((name) => [name, [before[name], after[name]]]));
}
