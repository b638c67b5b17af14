/** `npm run test:starts`: thousands of new instances of mixed bundles on every runtime, each of which does what a clone could fail at. */
import { parseArgs } from "node:util";
import { startPlatform } from "../platform.ts";
import { deployWork, playStarts, type Played } from "./play.ts";

const HELP = `Usage: npm run test:starts -- [--count 10000] [--seed <number>] [--at-once 4]

Starts a whole platform and, on Node 22, 24 and 26, new instances of three bundles, forked from templates and without: full garbage
collections, optimised code, timers, threads, child processes in each. Nothing may hang, crash, repeat a random value or be left behind.
Ends with 1 when something did. Needs root.

  --count    how many starts (10000)
  --seed     of what is drawn (drawn itself, and printed)
  --at-once  callers (4)

Examples:
  npm run test:starts -- --count 300
  npm run test:starts -- --count 10000 --seed 4711`;

const OPTIONS = {
  count: { type: "string", default: "10000" },
  seed: { type: "string" },
  "at-once": { type: "string", default: "4" },
  help: { type: "boolean", short: "h" },
} as const;

const { values } = parseArgs({ options: OPTIONS });
if (values.help === true) console.log(HELP);
else
  process.exitCode = await play({
    count: Number(values.count),
    seed: Number(values.seed ?? Math.floor(Math.random() * 1e9)),
    atOnce: Number(values["at-once"]),
  });

/** @returns the exit code */
async function play(load: { count: number; seed: number; atOnce: number }): Promise<number> {
  if (!(load.count > 0 && load.atOnce > 0 && Object.values(load).every(Number.isInteger))) {
    console.error(`Nothing to do: all three are whole numbers.\n\n${HELP}`);
    return 2;
  }
  console.log(`seed ${load.seed}: ${load.count} starts, ${load.atOnce} at a time`);
  const platform = await startPlatform();
  try {
    await deployWork(platform);
    const startedMs = performance.now();
    const every = Math.max(100, Math.floor(load.count / 20));
    const onProgress = ({ starts, kinds, failures }: Pick<Played, "starts" | "kinds" | "failures">): void => {
      if (starts % every !== 0) return;
      const perSecond = starts / ((performance.now() - startedMs) / 1000);
      console.log(`${starts} of ${load.count}: ${showKinds(kinds)}; ${failures.length} failed; ${perSecond.toFixed(0)}/s`);
    };
    return conclude(load.seed, await playStarts(platform, { ...load, onProgress }));
  } finally {
    await platform.stop();
  }
}

function conclude(seed: number, { starts, kinds, failures, repeats, before, after }: Played): number {
  const leaks = (Object.keys(before) as (keyof typeof before)[]).filter((name) => after[name] > before[name]);
  for (const failure of failures.slice(0, 20)) console.log(failure);
  for (const name of leaks) console.log(`left behind: ${name} ${before[name]} → ${after[name]}`);
  if (repeats > 0) console.log(`${repeats} random values were drawn twice`);
  console.log(
    `${starts} starts (${showKinds(kinds)}), ${failures.length} failed, ${leaks.length === 0 ? "nothing left behind" : "leaks"}; seed ${seed}`,
  );
  return failures.length + leaks.length + repeats === 0 ? 0 : 1;
}

function showKinds(kinds: Played["kinds"]): string {
  return Object.entries(kinds)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}
