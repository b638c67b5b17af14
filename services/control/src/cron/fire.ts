import { FnError, type NewJob, type Schedule, type SlotRecord } from "@zygo/contracts";
import { jitterOf } from "@zygo/core";
import type { AsyncLane } from "@zygo/queue";
import type { ScheduleState, Store } from "@zygo/store";
import type { Entry } from "./agenda.ts";

export interface FireContext {
  store: Pick<Store, "claimSlot" | "recordSlot" | "scheduleState" | "slotRecords">;
  jobs: Pick<AsyncLane, "enqueue"> & { records: Pick<AsyncLane["records"], "find" | "cancel"> };
  now: () => number;
}

/** Slots of one schedule that wait for the run before them, with `overlap: "queue"`. */
const MOST_WAITING = 100;

/**
 * Deals with a slot: once, whoever else tries. Its record says what became of it.
 * @throws FnError QUEUE_UNAVAILABLE: it may be tried again, and is not run twice by that.
 */
export async function fire(context: FireContext, entry: Entry, slotMs: number, state: ScheduleState): Promise<void> {
  const { store } = context;
  if (!(await store.claimSlot(keyOf(entry), slotMs))) return;
  await record(context, entry, await decide(context, entry, { slotMs, state }));
}

/** Runs a slot whose turn has come. @throws FnError QUEUE_UNAVAILABLE */
export async function run(
  { jobs, now }: FireContext,
  entry: Entry,
  { slotMs, failures, manual = false }: { slotMs: number; failures: number; manual?: boolean },
): Promise<SlotRecord> {
  const { id } = await jobs.enqueue(jobOf(entry, { slotMs, failures, manual }));
  return { slotMs, state: "fired", invocation: id, firedMs: now(), ...(manual ? { manual } : {}) };
}

export const keyOf = ({ function: id, schedule }: Entry): { function: string; name: string } => ({ function: id, name: schedule.name });

/** Whether the run that began last is still under way. */
export async function lastRuns({ jobs }: FireContext, { last }: ScheduleState): Promise<boolean> {
  const state = last === null ? undefined : (await jobs.records.find(last.invocation))?.state;
  return state === "queued" || state === "running" || state === "retrying";
}

async function record({ store }: FireContext, entry: Entry, slot: SlotRecord): Promise<void> {
  await store.recordSlot({ ...keyOf(entry), record: slot });
}

async function decide(
  context: FireContext,
  entry: Entry,
  { slotMs, state }: { slotMs: number; state: ScheduleState },
): Promise<SlotRecord> {
  const { overlap } = entry.schedule;
  const { failures } = state;
  if (overlap === "allow") return await run(context, entry, { slotMs, failures });
  const busy = await lastRuns(context, state);
  if (overlap === "queue") return await queueUp(context, entry, { slotMs, failures, busy });
  if (!busy) return await run(context, entry, { slotMs, failures });
  const before = state.last === null ? "" : new Date(state.last.slotMs).toISOString();
  if (overlap === "skip") return { slotMs, state: "skipped", why: `The run of ${before} was still under way` };
  const running = state.last === null ? null : await context.jobs.records.find(state.last.invocation);
  if (running !== null) await context.jobs.records.cancel(running.job, context.now());
  return { ...(await run(context, entry, { slotMs, failures })), why: `It replaced the run of ${before}` };
}

async function queueUp(
  context: FireContext,
  entry: Entry,
  { slotMs, failures, busy }: { slotMs: number; failures: number; busy: boolean },
): Promise<SlotRecord> {
  const recent = await context.store.slotRecords(keyOf(entry), MOST_WAITING + 1);
  const waiting = recent.filter(({ state }) => state === "waiting").length;
  if (waiting >= MOST_WAITING) return { slotMs, state: "skipped", why: `${MOST_WAITING} slots wait for their turn already` };
  if (busy || waiting > 0) return { slotMs, state: "waiting", why: "It waits for the run before it" };
  return await run(context, entry, { slotMs, failures });
}

function jobOf({ function: id, schedule }: Entry, given: { slotMs: number; failures: number; manual: boolean }): NewJob {
  const { slotMs, failures, manual } = given;
  const slotKey = `cron:${id}:${schedule.name}:${manual ? "manual:" : ""}${slotMs}`;
  const payload = { name: schedule.name, schedule: schedule.schedule, timeZone: schedule.timeZone, scheduledTime: slotMs, manual };
  return {
    function: id,
    trigger: "cron",
    deliver: "scheduled",
    url: `http://cron.fn.internal/${schedule.name}`,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify(payload)),
    retry: definedOf(schedule.retry),
    runAtMs: slotMs + (manual ? 0 : jitterOf(schedule, slotKey)),
    onFailure: tellsNow(schedule, failures) ? schedule.onFailure : "none",
    dedupeKey: slotKey,
  };
}

function definedOf(retry: Schedule["retry"]): NonNullable<NewJob["retry"]> {
  return Object.fromEntries(Object.entries(retry).filter(([, value]) => value !== undefined));
}

/** The run that would complete a row of failures carries whom to tell. */
const tellsNow = ({ onFailureAfter }: Schedule, failures: number): boolean => failures + 1 === onFailureAfter;

/** Whether an error means that the same call may succeed later. */
export const passes = (error: unknown): boolean => error instanceof FnError && error.code === "QUEUE_UNAVAILABLE";
