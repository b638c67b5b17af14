import { join } from "node:path";
import { addressOf, askOnce } from "../connection.ts";
import { HEAD, summaryCells, withLoad, type Finding, type Row } from "../finding.ts";
import { load } from "../load.ts";
import { PLAIN } from "../platforms.ts";
import { summarise } from "../statistics.ts";
import { onlyPlatform, type Section, type Stage } from "./section.ts";

const DEEDS = ["spin", "allocate", "fork", "print", "fill /tmp"];
const FUNCTIONS = ["hello", "neighbour"].map((name) => join(import.meta.dirname, `../functions/${name}.ts`));
/** The neighbour is at it before the first question, and still after the last. */
const LEAD_MS = 300;

interface Tally {
  deed: string | undefined;
  ms: number[];
  /** Of the neighbour: how often its instance did not live to answer. */
  ends: number;
}

export const neighbours: Section = {
  name: "neighbours",
  about: "a victim's latency while another function misbehaves, against alone",
  on: [PLAIN],
  measure: (stage) => withLoad("neighbours", () => measure(stage)),
  targets: [],
};

/** The victim alone, and beside a neighbour that does its worst within its own limits: blocks in turns. */
async function measure(stage: Stage): Promise<Omit<Finding, "section" | "load">> {
  const { plan, signal, onStep } = stage;
  const platform = onlyPlatform(stage);
  await platform.deployAll(FUNCTIONS);
  const victim = { address: addressOf(platform.url), path: "/fn/hello/" };
  const tallies: Tally[] = [undefined, ...DEEDS].map((deed) => ({ deed, ms: [], ends: 0 }));
  let errors = 0;
  await load(victim, { connections: 1, requests: 200 }, signal);
  for (let round = 1; round <= plan.neighbourRounds; round++) {
    for (const tally of tallies) {
      const done = tally.deed === undefined ? undefined : misbehave(victim.address, tally.deed, plan.neighbourMs + 2 * LEAD_MS);
      await load(victim, { connections: 1, durationMs: LEAD_MS }, signal);
      const found = await load(victim, { connections: 1, durationMs: plan.neighbourMs }, signal);
      errors += found.errors;
      for (const ms of found.firstByteMs) tally.ms.push(ms);
      if ((await done) === false) tally.ends++;
    }
    onStep(round, plan.neighbourRounds);
  }
  const ended = tallies.flatMap(({ deed, ends }) => (ends > 0 ? [`${deed}: the neighbour's call failed in ${ends} of its blocks`] : []));
  return {
    title: "Neighbours: a victim's warm calls while another function misbehaves",
    how: `One connection, one request at a time, in ${plan.neighbourRounds} rounds of ${plan.neighbourMs / 1000} s blocks; the neighbour has the default limits: one core, 128 MiB, 64 processes, 64 MiB of /tmp.`,
    head: [...HEAD, "p99 ÷ alone"],
    rows: againstAlone(tallies),
    plot: { column: 2, unit: "ms" },
    errors,
    omitted: ended,
  };
}

/** @returns whether its call was answered with 200 */
async function misbehave(address: Parameters<typeof askOnce>[0], deed: string, forMs: number): Promise<boolean> {
  const path = `/fn/neighbour/?does=${encodeURIComponent(deed)}&forMs=${forMs}`;
  const timed = await askOnce(address, path).catch(() => undefined);
  return timed?.answer.status === 200;
}

/** The first is the victim alone. */
export function againstAlone(tallies: readonly { deed: string | undefined; ms: readonly number[] }[]): Row[] {
  const alone = summarise(tallies[0]?.ms ?? [])?.p99;
  return tallies.map(({ deed, ms }) => {
    const summary = summarise(ms);
    const ratio = summary === null || alone === undefined || alone === 0 ? null : summary.p99 / alone;
    return { label: deed === undefined ? "alone" : `beside: ${deed}`, group: "zygo", cells: [...summaryCells(summary), ratio] };
  });
}
