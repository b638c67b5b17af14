import type { AcceptedJob, Call, Deed, History } from "./history.ts";

/** A promise that was broken, for people. */
export type Violation = string;

/** The codes that say: it was never started. */
const NEVER_STARTED = new Set(["OVERLOADED", "NO_WORKER", "RATE_LIMITED", "SHUTTING_DOWN"]);
const SETTLED = new Set(["succeeded", "failed", "cancelled"]);

/**
 * Holds a history against what is promised: a sync call is answered once, with an answer of its own, and starts at most once; what was
 * accepted ends exactly once, and only a run that happened is told as success. Pure.
 */
export function violations(history: History): Violation[] {
  const runs = groupRuns(history.witnessed);
  return [
    ...history.calls.flatMap((call) => ofCall(call, runs)),
    ...history.jobs.flatMap((job) => ofJob(job, runs)),
    ...history.messages.flatMap((message) => ofMessage(message, runs)),
    ...ofSum(history),
  ];
}

/** Of one id: its runs, each with the phases that were seen. */
type Runs = Map<string, Map<string, Set<Deed["phase"]>>>;

function groupRuns(deeds: readonly Deed[]): Runs {
  const runs: Runs = new Map();
  for (const { id, run, phase } of deeds) {
    const own = runs.get(id) ?? new Map<string, Set<Deed["phase"]>>();
    runs.set(id, own.set(run, (own.get(run) ?? new Set()).add(phase)));
  }
  return runs;
}

function ofCall(call: Call, runs: Runs): Violation[] {
  const { id, echoed, code } = call;
  const own = runs.get(id);
  const started = own?.size ?? 0;
  const broken: Violation[] = [];
  if (call.answers > 1) broken.push(`call ${id} was answered ${call.answers} times`);
  if (call.late === true) broken.push(`call ${id} got no answer in time`);
  if (started > 1) broken.push(`call ${id} started ${started} times`);
  if (started > 0 && code !== undefined && NEVER_STARTED.has(code)) broken.push(`call ${id} was refused with ${code}, but ran`);
  if (call.status === 200) {
    if (echoed?.id !== id) broken.push(`call ${id} got the answer of ${echoed?.id ?? "nobody"}`);
    else if (own?.get(echoed.run)?.has("end") !== true) broken.push(`call ${id} was answered by a run that nobody saw end`);
  }
  return broken;
}

function ofJob({ id, state, echoed }: AcceptedJob, runs: Runs): Violation[] {
  if (!SETTLED.has(state)) return [`job ${id} was accepted and is ${state}`];
  if (state !== "succeeded") return [];
  if (echoed?.id !== id) return [`job ${id} has the answer of ${echoed?.id ?? "nobody"}`];
  if (runs.get(id)?.get(echoed.run)?.has("end") !== true) return [`job ${id} is told as done by a run that nobody saw end`];
  return [];
}

/** At least once: one that is told as dealt with was seen to its end by somebody. */
function ofMessage({ id, state }: AcceptedJob, runs: Runs): Violation[] {
  if (!SETTLED.has(state)) return [`message ${id} was accepted and is ${state}`];
  if (state !== "succeeded") return [];
  const ended = [...(runs.get(id)?.values() ?? [])].some((phases) => phases.has("end"));
  return ended ? [] : [`message ${id} is told as dealt with, and nobody saw it end`];
}

/** One answer for each id: two answers to two ids never come from one run. */
function ofSum({ calls, jobs }: History): Violation[] {
  const answered = [...calls, ...jobs].flatMap(({ echoed }) => (echoed === undefined ? [] : [echoed.run]));
  const twice = answered.filter((run, index) => answered.indexOf(run) !== index);
  return [...new Set(twice)].map((run) => `run ${run} answered more than one caller`);
}
