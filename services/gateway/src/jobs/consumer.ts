import { randomUUID, randomUUIDv7 } from "node:crypto";
import { FnError, type Quotas } from "@zygo/contracts";
import { tenantOf } from "@zygo/contracts/names";
import { ClockSteps, FairTurns, instanceBound } from "@zygo/core";
import type { AsyncLane, HeldAttempt, JobEvent, PayloadStore } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { Routes } from "../routes.ts";
import type { Attempts } from "./attempts.ts";
import { conclude, storedAnswer } from "./conclusion.ts";
import type { Destinations } from "./destinations.ts";

/** Without any event the queues are looked at this often, milliseconds. */
const LOOK_MS = 1000;
/** A queue that has work but gives none (its limit is reached) is left alone for this long, or until one of its jobs ends. */
const REST_MS = 200;
/** Locks last for 5 s. */
const EXTEND_MS = 1500;
/** How often one function's queue is searched for jobs of gateways that died, milliseconds. */
const RECOVER_MS = 2500;
/** Looks at queues at a time. */
const LOOKS = 32;
/** A loop that has not come round by then hangs, milliseconds. */
const WATCHDOG_MS = 10_000;
/** An outcome that Redis did not take is told again after this, milliseconds. */
const TELL_AGAIN_MS = 500;
/** For as long as the job's lock may hold. */
const TELL_FOR_MS = 4000;

export interface ConsumerOptions {
  lane: AsyncLane;
  payloads: PayloadStore;
  routes: Routes;
  attempts: Attempts;
  destinations: Destinations;
  quotasOf: (name: string) => Promise<Quotas>;
  /** Attempts that this process runs at a time. */
  slots: number;
  log: Log;
}

interface Running {
  held: HeldAttempt;
  stop: AbortController;
  ended: Promise<void>;
}

/**
 * Takes jobs as long as there are slots, tenants by turns, and sees each to its end. Events are hints: it looks by itself every second,
 * and a watchdog starts the loop anew when it does not come round.
 */
export class Consumer {
  readonly #given: ConsumerOptions;
  readonly #turns = new FairTurns(tenantOf);
  readonly #clock = new ClockSteps();
  #doubtful = false;
  readonly #running = new Map<string, Running>();
  /** Queues that are left alone until then; this and what follows by the steady clock. */
  readonly #resting = new Map<string, number>();
  readonly #recovered = new Map<string, number>();
  readonly #limits = new Map<string, number>();
  readonly #stopEvents: () => void;
  readonly #timers: NodeJS.Timeout[];
  #wake: () => void = () => {};
  #woken = false;
  #loop = 0;
  #cameRoundMs = performance.now();
  #stopped = false;

  constructor(given: ConsumerOptions) {
    this.#given = given;
    this.#stopEvents = given.lane.events.on((event) => this.#heard(event));
    this.#timers = [setInterval(() => void this.#extend(), EXTEND_MS), setInterval(() => this.#watch(), LOOK_MS)];
    void this.#run(++this.#loop);
  }

  /** Attempts that run. */
  get running(): number {
    return this.#running.size;
  }

  /** Takes nothing more. Resolves when what runs has ended, or after `drainMs`: what runs then is given back, to be run again at once. */
  async stop(drainMs: number): Promise<void> {
    this.#stopped = true;
    this.#stopEvents();
    this.#wake();
    const ended = Promise.all([...this.#running.values()].map((running) => running.ended));
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, drainMs);
    await Promise.race([ended, late.promise]);
    clearTimeout(timer);
    for (const { stop } of this.#running.values()) stop.abort(new FnError("SHUTTING_DOWN"));
    await Promise.all([...this.#running.values()].map((running) => running.ended));
    for (const interval of this.#timers) clearInterval(interval);
  }

  async #run(loop: number): Promise<void> {
    while (!this.#stopped && loop === this.#loop) {
      this.#woken = false;
      let pauseMs = LOOK_MS;
      try {
        await this.#replan();
        pauseMs = Math.min(pauseMs, await this.#turn());
      } catch (error) {
        if (!(error instanceof FnError && error.code === "QUEUE_UNAVAILABLE")) this.#given.log.error("the job loop failed", { error });
      }
      this.#cameRoundMs = performance.now();
      if (!this.#woken) await this.#pause(pauseMs);
    }
  }

  /** One round over all queues that are due. @returns in how many milliseconds the next one is */
  async #turn(): Promise<number> {
    const { source } = this.#given.lane;
    const { names, nextMs } = await source.due(Date.now());
    await this.#recover(names);
    const able = new Set(names.filter((name) => (this.#resting.get(name) ?? 0) <= performance.now()));
    // How many of a queue's jobs are asked for at once: more, the more it has given.
    const appetite = new Map<string, number>();
    while (able.size > 0 && this.#running.size < this.#given.slots && !this.#stopped) {
      const picked = this.#pick(able, appetite);
      if (picked.length === 0) break;
      await Promise.all(picked.map(async (name) => await this.#take(name, { able, appetite })));
    }
    if (this.#running.size >= this.#given.slots) return Infinity;
    const nowMs = performance.now();
    const rests = [...this.#resting.values()].map((untilMs) => untilMs - nowMs).filter((ms) => ms > 0);
    return Math.min((nextMs ?? Infinity) - Date.now(), ...rests);
  }

  #pick(able: Set<string>, appetite: Map<string, number>): string[] {
    const free = Math.min(this.#given.slots - this.#running.size, LOOKS);
    const asked = new Map<string, number>();
    const hungry = new Set(able);
    const picked: string[] = [];
    while (picked.length < free) {
      const name = this.#turns.next(hungry);
      if (name === undefined) break;
      picked.push(name);
      asked.set(name, (asked.get(name) ?? 0) + 1);
      if ((asked.get(name) ?? 0) >= (appetite.get(name) ?? 1)) hungry.delete(name);
    }
    return picked;
  }

  async #take(name: string, { able, appetite }: { able: Set<string>; appetite: Map<string, number> }): Promise<void> {
    await this.#limit(name);
    const look = await this.#given.lane.source.take(name, { token: randomUUID(), requestId: randomUUIDv7() });
    if ("held" in look) {
      appetite.set(name, Math.min(LOOKS, 2 * (appetite.get(name) ?? 1)));
      this.#begin(look.held);
      return;
    }
    able.delete(name);
    if (look.dueMs === 0) this.#resting.set(name, performance.now() + REST_MS);
    else this.#turns.forget(name);
  }

  /** A function's limit is that of its live version; one that is gone keeps what it had. */
  async #limit(name: string): Promise<void> {
    const { routes, lane, quotasOf } = this.#given;
    const version = routes.remembered(name, null) ?? (await routes.resolve(name, null).catch(() => null));
    if (version === null) return;
    const { maxJobs, concurrency } = version.limits;
    const instances = instanceBound(version.limits, await quotasOf(name));
    const limit = Math.max(1, Math.min(maxJobs, instances * concurrency));
    if (this.#limits.get(name) === limit) return;
    await lane.source.limit(name, limit);
    this.#limits.set(name, limit);
  }

  #begin(held: HeldAttempt): void {
    const stop = new AbortController();
    this.#turns.begin(held.job.function);
    const running: Running = { held, stop, ended: Promise.resolve() };
    this.#running.set(held.token, running);
    running.ended = this.#see(held, stop.signal).finally(() => {
      this.#running.delete(held.token);
      this.#turns.end(held.job.function);
      this.#resting.delete(held.job.function);
      this.#wake();
    });
  }

  /** From the beginning of an attempt to its conclusion, in Redis. Never rejects: what cannot be told is run again by whoever finds it. */
  async #see(held: HeldAttempt, signal: AbortSignal): Promise<void> {
    const { attempts, log } = this.#given;
    try {
      const cancelled = { kind: "error", error: new FnError("INVOCATION_CANCELLED") } as const;
      const result = await attempts.run(held, held.cancelled ? AbortSignal.abort(cancelled.error) : signal);
      for (const untilMs = performance.now() + TELL_FOR_MS; ;) {
        try {
          return await this.#tell(held, result);
        } catch (error) {
          if (performance.now() > untilMs) throw error;
          await new Promise((resolve) => setTimeout(resolve, TELL_AGAIN_MS));
        }
      }
    } catch (error) {
      log.warn("an attempt's end could not be told; it will be run again", { invocation: held.job.id, attempt: held.number, error });
    }
  }

  async #tell(held: HeldAttempt, result: Awaited<ReturnType<Attempts["run"]>>): Promise<void> {
    const { lane, payloads, destinations } = this.#given;
    let end = conclude(held, result, { nowMs: Date.now(), random: Math.random() });
    if (end.kind === "retry") {
      // A gateway that stops gives its jobs back; no pause is due.
      const attempt = this.#stopped && end.attempt.code === "SHUTTING_DOWN" ? { ...end.attempt, nextMs: Date.now() } : end.attempt;
      const verdict = await lane.source.retry(held, attempt);
      if (verdict !== "CANCELLED") return;
      const reason = "It was cancelled.";
      end = { kind: "settle", state: "cancelled", attempt: { ...attempt, nextMs: null }, reason };
    }
    await destinations.send(held, result, end);
    await lane.source.settle(held, { ...end, answer: await storedAnswer(payloads, held.job.id, result.outcome) });
  }

  /** What a clock planned that was ahead would have to wait for the right one. */
  async #replan(): Promise<void> {
    this.#doubtful ||= this.#clock.wentBack(Date.now(), performance.now());
    if (!this.#doubtful) return;
    const count = await this.#given.lane.source.replan(Date.now());
    this.#doubtful = false;
    if (count > 0) this.#given.log.warn("the clock went back: what was put off before is put off anew", { jobs: count });
  }

  async #recover(names: string[]): Promise<void> {
    const now = performance.now();
    const stale = names.filter((name) => (this.#recovered.get(name) ?? -Infinity) + RECOVER_MS <= now);
    for (const name of stale) this.#recovered.set(name, now);
    const given = await Promise.all(stale.map(async (name) => await this.#given.lane.source.recover(name)));
    const count = given.reduce((sum, jobs) => sum + jobs, 0);
    if (count > 0) this.#given.log.warn("jobs of a gateway that is gone are run again", { jobs: count });
  }

  async #extend(): Promise<void> {
    const held = [...this.#running.values()].map((running) => running.held);
    if (held.length > 0) await this.#given.lane.source.extend(held).catch(() => {});
  }

  #heard({ kind, about }: JobEvent): void {
    if (kind === "due") this.#resting.delete(about);
    if (kind === "cancel") this.#cancel(about);
    if (kind === "missed") void this.#seekCancelled();
    if (kind === "due" || kind === "missed") this.#wake();
  }

  #cancel(id: string): void {
    for (const { held, stop } of this.#running.values())
      if (held.job.id === id) stop.abort(new FnError("INVOCATION_CANCELLED", "It was cancelled while it ran."));
  }

  /** Cancellations that were told while this process could not hear. */
  async #seekCancelled(): Promise<void> {
    for (const { held } of [...this.#running.values()])
      if (await this.#given.lane.records.isCancelled(held.job.id).catch(() => false)) this.#cancel(held.job.id);
  }

  #watch(): void {
    if (this.#stopped || performance.now() - this.#cameRoundMs < WATCHDOG_MS) return;
    this.#given.log.error("the job loop hangs and is started anew", { running: this.#running.size });
    this.#cameRoundMs = performance.now();
    void this.#run(++this.#loop);
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, Math.min(ms, LOOK_MS)));
    this.#wake = () => {
      this.#woken = true;
      resolve();
    };
    await promise;
    clearTimeout(timer);
  }
}
