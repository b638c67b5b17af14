import type { Platform } from "@zygo/testkit";
import { HEAD, summaryCells, withLoad, type Finding, type Line, type Row } from "../finding.ts";
import { PLAIN, roomy } from "../platforms.ts";
import type { Plan } from "../plan.ts";
import { summarise, type Summary } from "../statistics.ts";
import { cellOf, over, type Target } from "../target.ts";
import { sampleInTurns, type ByKind } from "./by-kind.ts";
import { deployHellos, helloFile, keepAlive } from "./made.ts";
import type { Section, Stage } from "./section.ts";

const NAME = "grown";
const AGAINST_ONE = "÷ one";

export const growth: Section = {
  name: "growth",
  about: "start-up with more and more functions deployed and sandboxes alive",
  on: [PLAIN, roomy("crowded"), roomy("dense")],
  measure: (stage) => withLoad("growth", () => measure(stage)),
  targets: [flat("functions deployed"), flat("sandboxes alive")],
};

function flat(what: Axis["what"]): Target {
  return {
    what: `growth: template p50 with 1,000 ${what} ÷ with one`,
    limit: { atMost: 1.5 },
    unit: "x",
    found: (result) => cellOf(result, "growth", label(1000, what), AGAINST_ONE),
  };
}

/** What there is more and more of, on a platform of its own. */
interface Axis {
  what: "functions deployed" | "sandboxes alive";
  platform: Platform;
  steps: readonly number[];
  grow(from: number, to: number): Promise<void>;
}

const label = (count: number, what: Axis["what"]): string => `${count.toLocaleString("en-GB")} ${what}`;

/** Each step's starts are in turns with those on a platform that has nothing but the function itself: that one's p50 is `one`. */
async function measure(stage: Stage): Promise<Omit<Finding, "section" | "load">> {
  const { plan, scratch, signal, onStep } = stage;
  const [small, ...grown] = stage.platforms as [Platform, ...Platform[]];
  for (const platform of [small, ...grown]) await platform.deploy(helloFile(scratch, NAME, { reuse: "never" }));
  const all = axes(stage, grown as [Platform, Platform]);
  const steps = all.reduce((sum, axis) => sum + axis.steps.length, 0);
  const rows: Row[] = [];
  const drawn: Line[] = [];
  const strangers: string[] = [];
  let errors = 0;
  for (const { what, platform, steps: counts, grow } of all) {
    const line: Line = { label: what, group: "zygo", points: [] };
    drawn.push(line);
    let there = 0;
    for (const count of counts) {
      await grow(there, count);
      there = count;
      const pacing = { samples: plan.growthSamples, warmUps: plan.warmUps, pauseMs: plan.pauseMs, signal };
      const [here, one] = (await sampleInTurns([platform, small], NAME, pacing)) as [ByKind, ByKind];
      errors += (here.get("failed") ?? []).length;
      strangers.push(...others(label(count, what), here));
      const summary = summarise(here.get("template") ?? []);
      if (summary !== null) line.points.push([count, summary.p50]);
      rows.push(row(label(count, what), summary, summarise(one.get("template") ?? [])));
      onStep(rows.length, steps);
    }
  }
  return {
    title: "Growth: a start from its template, by what else there is",
    how:
      "One new instance at a time, over a connection of its own, in turns with a platform that has this one function and nothing alive (one). " +
      "Deployed: functions, each of a version of its own. Alive: idle sandboxes. Flat is good.",
    head: [...HEAD, "one", AGAINST_ONE],
    rows,
    plot: { title: "p50 of template starts, ms", x: "how many there are", unit: "ms", lines: drawn },
    errors,
    omitted: strangers,
  };
}

function axes(
  { plan, scratch, signal }: { plan: Plan; scratch: string; signal: AbortSignal },
  [crowded, dense]: [Platform, Platform],
): Axis[] {
  return [
    {
      what: "functions deployed",
      platform: crowded,
      steps: plan.deployed,
      // The function that is started is the first of them.
      grow: (from, to) => deployHellos(crowded, scratch, { prefix: "other-", from: Math.max(1, from), to, config: {}, signal }),
    },
    {
      what: "sandboxes alive",
      platform: dense,
      steps: plan.growthAlive,
      grow: (from, to) => keepAlive(dense, scratch, { more: to - from, all: to, signal }),
    },
  ];
}

/** Starts of another kind than `template` are not in the row. */
function row(name: string, here: Summary | null, one: Summary | null): Row {
  return { label: name, group: "zygo", cells: [...summaryCells(here), one?.p50 ?? null, over(here?.p50, one?.p50) ?? null] };
}

const others = (name: string, byKind: ByKind): string[] =>
  [...byKind].flatMap(([kind, { length }]) => (kind === "template" || kind === "failed" ? [] : [`${name}: ${length} starts were ${kind}`]));
