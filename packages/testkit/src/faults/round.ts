import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../wait-for.ts";
import { violations, type Violation } from "./check.ts";
import type { History } from "./history.ts";
import { askAfter, Load } from "./load.ts";
import type { Fault } from "./nemesis.ts";
import { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

const CALLERS = 6;
const SENDERS = 3;
const MESSENGERS = 1;
/** Serving, before a fault strikes and after it has healed: answers. */
const ENOUGH = 20;
/** Everything that was accepted has ended by then: lost leases, backoff and eight attempts included, milliseconds. */
const SETTLE_MS = 90_000;
const HEAL_MS = 60_000;

export interface Report {
  seed: number;
  faults: string[];
  calls: number;
  answered: number;
  /** Why the others were not: a code, or "broke off" → how many. */
  refused: Record<string, number>;
  jobs: number;
  messages: number;
  /** From the end of the faults to the next answer, milliseconds. */
  recoveredMs: number;
  /** From then until the last accepted job had ended, milliseconds. */
  settledMs: number;
  violations: Violation[];
}

/** Load, one fault or two of those given, healing, and the check of what everybody was told. The seed decides what strikes, and when. */
export async function playRound(stage: Stage, seed: number, faults: readonly Fault[]): Promise<Report> {
  const random = new Random(seed);
  const witnessedBefore = stage.witness.deeds.length;
  const load = new Load({
    ...{ url: stage.url, random: new Random(seed + 1), prefix: `r${seed}` },
    ...{ callers: CALLERS, senders: SENDERS, messengers: MESSENGERS, post: (bodies) => stage.post(bodies) },
  });
  const struck: string[] = [];
  let recoveredMs: number;
  try {
    await waitFor("answers before the fault", () => load.succeeded > ENOUGH, HEAL_MS);
    const chosen = [random.pick(faults), ...(random.between(0, 2) === 0 ? [random.pick(faults)] : [])];
    for (const fault of chosen) {
      struck.push(fault.name);
      await fault.strike(stage, random);
      await sleep(random.between(0, 300));
    }
    const [healedMs, before] = [performance.now(), load.succeeded];
    await waitFor("an answer after the fault", () => load.succeeded > before, HEAL_MS);
    recoveredMs = performance.now() - healedMs;
    await waitFor("answers after the fault", () => load.succeeded > before + ENOUGH, HEAL_MS);
  } finally {
    await load.stop();
  }
  const stoppedMs = performance.now();
  await settle(load, stage.platform.url);
  const { calls, jobs, messages } = load;
  const history: History = { calls, jobs, messages, witnessed: stage.witness.deeds.slice(witnessedBefore) };
  return {
    seed,
    faults: struck,
    calls: load.calls.length,
    answered: load.succeeded,
    refused: tally(load),
    jobs: load.jobs.length,
    messages: load.messages.length,
    recoveredMs: Math.round(recoveredMs),
    settledMs: Math.round(performance.now() - stoppedMs),
    violations: violations(history),
  };
}

/** Asks after every job and message until each has ended, or is not known, or the time is over. */
async function settle({ jobs, messages }: Load, base: string): Promise<void> {
  const open = new Set([...jobs, ...messages]);
  for (const endMs = performance.now() + SETTLE_MS; open.size > 0 && performance.now() < endMs; await sleep(100)) {
    for (const job of open) {
      await askAfter(job, base);
      if (["succeeded", "failed", "cancelled", "missing"].includes(job.state)) open.delete(job);
    }
  }
}

function tally({ calls }: Load): Record<string, number> {
  const refused: Record<string, number> = {};
  for (const { status, code = status === 0 ? "broke off" : `status ${status}` } of calls)
    if (status !== 200) refused[code] = (refused[code] ?? 0) + 1;
  return refused;
}

/** One line for people. */
export function describe({
  seed,
  faults,
  calls,
  answered,
  refused,
  jobs,
  messages,
  recoveredMs,
  settledMs,
  violations: broken,
}: Report): string {
  const others = Object.entries(refused).map(([code, count]) => `${code} ${count}`);
  const counts = `${answered} of ${calls} calls answered${others.length > 0 ? ` (${others.join(", ")})` : ""}, ${jobs} jobs and ${messages} messages accepted`;
  const times = `serving again after ${recoveredMs} ms, all jobs ended after ${settledMs} ms`;
  return `seed ${seed}: ${faults.join(" and ")}: ${counts}; ${times}; ${broken.length === 0 ? "ok" : `BROKEN\n  ${broken.join("\n  ")}`}`;
}
