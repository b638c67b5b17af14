import { RUNTIMES } from "@zygo/contracts";
import { z } from "zod";
import type { Random } from "../faults/random.ts";

/** Bundles of three sizes; files of `test/fixtures/`. */
export const BUNDLES = ["work", "work-api", "work-aws"] as const;

/** What a function is called: one of each bundle, runtime, and with or without a template. */
export const functionName = (bundle: string, runtime: string, isPlain: boolean): string => `${bundle}-${runtime}${isPlain ? "-plain" : ""}`;

/** Of each kind of work what every instance must make of it. */
const RESULTS = { gc: 20_000, jit: true, timers: 3, thread: 42, child: true, io: "32 zygo" } as const;

/** One start: of what, and what the new instance is to do. */
export interface Call {
  function: string;
  does: (keyof typeof RESULTS)[];
}

/** Three starts in four are forks of a template. Threads and processes are dear: one in three does either. */
export function drawCall(random: Random): Call {
  const name = functionName(random.pick(BUNDLES), random.pick(RUNTIMES), random.between(1, 4) === 4);
  const cheap = (["gc", "jit", "timers", "io"] as const).filter(() => random.between(0, 1) === 1);
  const dear = random.between(1, 3) === 1 ? [random.pick(["thread", "child"] as const)] : [];
  return { function: name, does: cheap.length + dear.length === 0 ? ["gc"] : [...cheap, ...dear] };
}

const Answer = z.object({ done: z.record(z.string(), z.unknown()), drawn: z.uuid() });

/** What an instance that has done its work drew at random. @throws Error when a result is wrong or missing */
export function checkAnswer({ does }: Call, body: unknown): string {
  const { done, drawn } = Answer.parse(body);
  for (const kind of does) {
    if (done[kind] !== RESULTS[kind]) throw new Error(`${kind} gave ${JSON.stringify(done[kind])}, not ${JSON.stringify(RESULTS[kind])}`);
  }
  return drawn;
}
