import { catchUp } from "@zygo/core";
import type { Log } from "@zygo/service";
import type { ScheduleState, Store } from "@zygo/store";
import { readAgenda, specOf, type Entry } from "./agenda.ts";
import { fire, keyOf, passes, type FireContext } from "./fire.ts";
import { settleOpenSlots } from "./settle.ts";

/** The clock is looked at this often at least, so that one that jumps is seen, milliseconds. */
const TICK_MS = 1000;
/** How often everything is read anew although nothing was told, milliseconds. */
const REREAD_MS = 30_000;
/** After a reading it rests for so many times as long as that took. */
const REST_PER_READ = 4;
/** Pause after a failure, milliseconds. */
const RETRY_MS = 250;
/** A slot that is late by less still runs, if the next has not come, milliseconds. */
const LATE_MS = 60_000;

export interface SchedulerContext extends FireContext {
  store: FireContext["store"] &
    Pick<Store, "list" | "version" | "find" | "storedSchedules" | "openSlots" | "slotRecord" | "abandonedSlots" | "onChanged">;
  log: Log;
}

/** Invocations of a function that are known to come. */
export interface Coming {
  name: string;
  /** When the first does, Unix milliseconds. */
  atMs: number;
  count: number;
}

interface Planned {
  entry: Entry;
  /** All slots up to here are dealt with. */
  doneMs: number;
  nextMs: number | null;
  paused: boolean;
}

/**
 * Fires slots as they come. Any number of these may run: a slot is claimed in the store. What it knows is in the store; lost, it reads
 * it again. A slot never depends on the one before it.
 */
export class Scheduler {
  readonly #context: SchedulerContext;
  readonly #planned = new Map<string, Planned>();
  #timer: NodeJS.Timeout | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #running = false;
  #readMs = -Infinity;
  #stale = true;
  /** It is not read again before, by the steady clock: many changes in a row cost a few readings, not one each. */
  #restMs = 0;
  #stopped = false;
  #stopListening: () => void = () => {};

  constructor(context: SchedulerContext) {
    this.#context = context;
  }

  start(): void {
    this.#stopListening = this.#context.store.onChanged(() => this.#changed());
    this.#wakeIn(0);
    void this.#settle();
  }

  /** What is under way is finished; nothing new begins. Idempotent. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settleTimer);
    this.#stopListening();
  }

  /** Functions with slots after now and by `untilMs`: when the first comes, and how many there are. */
  coming(untilMs: number): Coming[] {
    const nowMs = this.#context.now();
    const found = new Map<string, Coming>();
    for (const { entry, nextMs, paused } of this.#planned.values()) {
      if (paused || nextMs === null || nextMs <= nowMs || nextMs > untilMs) continue;
      const { atMs, count } = found.get(entry.function) ?? { atMs: nextMs, count: 0 };
      found.set(entry.function, { name: entry.function, atMs: Math.min(atMs, nextMs), count: count + 1 });
    }
    return [...found.values()];
  }

  #changed(): void {
    this.#stale = true;
    this.#wakeIn(0);
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#tick(), ms);
  }

  /** Apart from firing, which must not wait for it. */
  async #settle(): Promise<void> {
    try {
      await settleOpenSlots(this.#context, (key) => this.#planned.get(`${key.function} ${key.name}`)?.entry);
    } catch (error) {
      if (!passes(error)) this.#context.log.error("cron runs not settled", { error });
    }
    if (!this.#stopped) this.#settleTimer = setTimeout(() => void this.#settle(), TICK_MS);
  }

  async #tick(): Promise<void> {
    if (this.#running) return this.#wakeIn(RETRY_MS / 10);
    this.#running = true;
    let pauseMs = RETRY_MS;
    try {
      const mayRead = this.#stale && performance.now() >= this.#restMs;
      if (mayRead || performance.now() - this.#readMs > REREAD_MS) await this.#read();
      await this.#fireDue();
      pauseMs = this.#untilNext();
    } catch (error) {
      if (!passes(error)) this.#context.log.error("cron failed", { error });
    }
    this.#running = false;
    if (this.#stale) pauseMs = Math.min(pauseMs, Math.max(RETRY_MS / 10, this.#restMs - performance.now()));
    this.#wakeIn(pauseMs);
  }

  #untilNext(): number {
    let nextMs = Infinity;
    for (const { nextMs: at, paused } of this.#planned.values()) if (at !== null && !paused) nextMs = Math.min(nextMs, at);
    return Math.max(0, Math.min(TICK_MS, nextMs - this.#context.now()));
  }

  async #read(): Promise<void> {
    this.#stale = false;
    const startedMs = performance.now();
    const entries = await readAgenda(this.#context.store);
    const planned = await Promise.all(entries.map((entry) => this.#plan(entry)));
    this.#planned.clear();
    for (const plan of planned) this.#planned.set(`${plan.entry.function} ${plan.entry.schedule.name}`, plan);
    this.#readMs = performance.now();
    this.#restMs = this.#readMs + REST_PER_READ * (this.#readMs - startedMs);
    for (const { function: id, name, slotMs } of await this.#context.store.abandonedSlots()) {
      const entry = this.#planned.get(`${id} ${name}`)?.entry;
      if (entry !== undefined) await this.#fire(entry, slotMs);
    }
  }

  async #plan(entry: Entry): Promise<Planned> {
    const state = await this.#state(entry);
    const doneMs = Math.max(state.sinceMs, state.newestMs ?? 0);
    return { entry, doneMs, nextMs: entry.slots.next(doneMs), paused: state.paused };
  }

  /** All at once: a thousand schedules with one slot share a few round trips. */
  async #fireDue(): Promise<void> {
    const nowMs = this.#context.now();
    const due = [...this.#planned.values()].filter(({ nextMs, paused }) => !paused && nextMs !== null && nextMs <= nowMs);
    const results = await Promise.allSettled(due.map((plan) => this.#fireUntil(plan, nowMs)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #fireUntil(plan: Planned, nowMs: number): Promise<void> {
    const { entry } = plan;
    const { slots, schedule } = entry;
    for (let at = plan.nextMs; at !== null && at <= nowMs; at = slots.next(plan.doneMs)) {
      const following = slots.next(at);
      const inTime = nowMs - at < LATE_MS && (following === null || following > nowMs);
      if (inTime) {
        await this.#fire(entry, at);
        plan.doneMs = at;
      } else {
        const { run, missed } = catchUp(schedule, slots, { fromMs: plan.doneMs, toMs: nowMs });
        const current = missed.at(-1);
        // The last one may still be in time by itself.
        if (current !== undefined && run.length === 0 && nowMs - current < LATE_MS) run.push(...missed.splice(-1));
        for (const slotMs of missed) await this.#miss(entry, slotMs);
        for (const slotMs of run) await this.#fire(entry, slotMs);
        plan.doneMs = Math.max(at, run.at(-1) ?? 0, missed.at(-1) ?? 0);
      }
      plan.nextMs = slots.next(plan.doneMs);
    }
  }

  async #fire(entry: Entry, slotMs: number): Promise<void> {
    await fire(this.#context, entry, slotMs, await this.#state(entry));
  }

  async #miss(entry: Entry, slotMs: number): Promise<void> {
    const { store } = this.#context;
    if (!(await store.claimSlot(keyOf(entry), slotMs))) return;
    const why = "Nothing could fire it in time; see catchUp";
    await store.recordSlot({ ...keyOf(entry), record: { slotMs, state: "missed", why } });
  }

  #state(entry: Entry): Promise<ScheduleState> {
    return this.#context.store.scheduleState(keyOf(entry), specOf(entry.schedule));
  }
}
