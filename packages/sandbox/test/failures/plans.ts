/** Every plan of the native code, read from its source: a step that is added is tried by itself. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dirname, "../../../../native/src");

export interface PlannedStep {
  /** What the plan's steps work on: `Blueprint`, `Entry`, … */
  context: string;
  step: string;
}

export function plannedSteps(): PlannedStep[] {
  const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".cc"));
  return sources.flatMap((file) => stepsIn(readFileSync(join(SOURCE, file), "utf8")));
}

function stepsIn(text: string): PlannedStep[] {
  const plans = [...text.matchAll(/Step<(?:\w+::)*(\w+)>\s+k\w+\[\]\s*=\s*\{([\s\S]*?)\};/g)];
  return plans.flatMap(([, context = "", body = ""]) =>
    [...body.matchAll(/\{"([a-z0-9-]+)",/g)].map(([, step = ""]) => ({ context, step })),
  );
}
