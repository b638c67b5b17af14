import { addressOf } from "../connection.ts";
import { withLoad, type Finding, type Row } from "../finding.ts";
import { load, type Target } from "../load.ts";
import { PLAIN } from "../platforms.ts";
import { median, summarise } from "../statistics.ts";
import { deployHellos } from "./made.ts";
import { onlyPlatform, type Section, type Stage } from "./section.ts";

export const many: Section = {
  name: "many",
  about: "warm calls to one function, and to a hundred in turns",
  on: [PLAIN],
  measure: (stage) => withLoad("many", () => measure(stage)),
  targets: [],
};

async function measure(stage: Stage): Promise<Omit<Finding, "section" | "load">> {
  const { plan, scratch, signal, onStep } = stage;
  const platform = onlyPlatform(stage);
  await deployHellos(platform, scratch, { prefix: "one-of-", from: 0, to: plan.functions, config: { concurrency: 100 }, signal });
  const paths = Array.from({ length: plan.functions }, (_, index) => `/fn/one-of-${index}/`);
  const address = addressOf(platform.url);
  const cases = [1, plan.connections].flatMap((connections) => [
    { label: `one function, ${connections} conn.`, connections, target: turns({ address, path: paths[0]! }, paths.slice(0, 1)) },
    { label: `${paths.length} functions, ${connections} conn.`, connections, target: turns({ address, path: "" }, paths) },
  ]);
  const tallies = cases.map((each) => ({ ...each, rps: [] as number[], ms: [] as number[], errors: 0 }));
  await load(turns({ address, path: "" }, paths), { connections: 4, requests: plan.functions * 2 }, signal);
  for (let round = 1; round <= plan.warmRounds; round++) {
    for (const tally of tallies) {
      const found = await load(tally.target, { connections: tally.connections, durationMs: plan.warmMs }, signal);
      tally.errors += found.errors;
      tally.rps.push(found.done / (found.elapsedMs / 1000));
      for (const ms of found.firstByteMs) tally.ms.push(ms);
    }
    onStep(round, plan.warmRounds);
  }
  const rows = tallies.map(({ label, rps, ms }): Row => {
    const summary = summarise(ms);
    const figures = [median(rps), ...(summary === null ? [null, null, null] : [summary.p50, summary.p95, summary.p99]), ms.length];
    return { label, group: "zygo", cells: figures };
  });
  return {
    title: "Warm: one function, and many at once",
    how: "Instances run already, one shared by all callers of its function; load by the benchmark's own process, so compare the rows with each other and not with wrk's figures.",
    head: ["rps", "p50 ms", "p95 ms", "p99 ms", "n"],
    rows,
    plot: { column: 0, unit: "rps" },
    errors: tallies.reduce((sum, { errors }) => sum + errors, 0),
    omitted: [],
  };
}

/** A target whose every question goes to the next path. */
export function turns({ address }: Target, paths: readonly string[]): Target {
  let next = 0;
  return {
    address,
    get path() {
      return paths[next++ % paths.length]!;
    },
  };
}
