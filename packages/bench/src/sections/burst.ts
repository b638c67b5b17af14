import type { Platform } from "@zygo/testkit";
import { addressOf, askOnce } from "../connection.ts";
import { HEAD, summaryCells, withLoad, type Finding } from "../finding.ts";
import { PLAIN } from "../platforms.ts";
import { startKind } from "../server-timing.ts";
import { summarise } from "../statistics.ts";
import { cellOf } from "../target.ts";
import { add, kindRows, type ByKind } from "./by-kind.ts";
import { helloFile } from "./made.ts";
import { onlyPlatform, type Section, type Stage } from "./section.ts";

const TEMPLATES = "templates";

export const burst: Section = {
  name: "burst",
  about: "hundreds of first calls at once to one version",
  on: [PLAIN],
  measure: (stage) => withLoad("burst", () => measure(stage)),
  targets: [
    { what: "burst: p99", limit: { atMost: 500 }, unit: " ms", found: (result) => cellOf(result, "burst", "all", "p99 ms") },
    {
      what: "burst: templates a version",
      limit: { atMost: 1 },
      unit: "",
      found: (result) => cellOf(result, "burst", "all", TEMPLATES),
    },
  ],
};

/** A version that nobody has called, each round. */
async function measure(stage: Stage): Promise<Omit<Finding, "section" | "load">> {
  const { plan, scratch, signal, onStep } = stage;
  const platform = onlyPlatform(stage);
  const all: number[] = [];
  const byKind: ByKind = new Map();
  const templates: number[] = [];
  let errors = 0;
  const address = addressOf(platform.url);
  for (let round = 0; round < plan.bursts; round++) {
    signal.throwIfAborted();
    const name = `burst-${round}`;
    await platform.deploy(helloFile(scratch, name, { maxInstances: plan.burst }));
    const calls = Array.from({ length: plan.burst }, () => askOnce(address, `/fn/${name}/`).catch(() => undefined));
    for (const timed of await Promise.all(calls)) {
      if (timed?.answer.status !== 200) {
        errors++;
        continue;
      }
      all.push(timed.firstByteMs);
      add(byKind, startKind(timed.answer), timed.firstByteMs);
    }
    templates.push(await templatesOf(platform, name));
    onStep(round + 1, plan.bursts);
  }
  return {
    title: `Burst: ${plan.burst} first calls at once to one version`,
    how: `${plan.bursts} rounds, a version that is new in each, ${plan.burst} connections opened together. Whom an instance serves after another is hot.`,
    head: [...HEAD, TEMPLATES],
    rows: [
      { label: "all", group: "zygo", cells: [...summaryCells(summarise(all)), Math.max(...templates)] },
      ...kindRows("of them", byKind).map((row) => ({ ...row, cells: [...row.cells, null] })),
    ],
    plot: { column: 2, unit: "ms" },
    errors,
    omitted: [],
  };
}

/** How many a version has: one, whatever comes at once. */
const templatesOf = async (platform: Platform, name: string): Promise<number> =>
  (await platform.templates()).filter((template) => template.function === name && template.pid !== undefined).length;
