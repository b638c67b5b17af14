import { randomUUID, randomUUIDv7 } from "node:crypto";
import { FnError } from "@zygo/contracts";
import { tenantOf } from "@zygo/contracts/names";
import { FairTurns } from "@zygo/core";
import type { JobEvent } from "@zygo/queue";
import type { Log } from "@zygo/service";

/** Without any event the queues are looked at this often, milliseconds. */
const LOOK_MS = 1000;
/** A queue that has work but gives none (its limit is reached) is left alone for this long, or until one of its jobs ends. */
const REST_MS = 200;
/** Locks last for 5 s. */
const EXTEND_MS = 1500;
/** Looks at queues at a time. */
const LOOKS = 32;
/** A loop that has not come round by then hangs, milliseconds. */
const WATCHDOG_MS = 10_000;

/** What is taken out of queues, and what is done with it. Port of `JobWork` and `BatchWork`. */
export interface Work<Held> {
  /** The events that tell of more of it. */
  readonly event: JobEvent["kind"];
  /** Functions that need a look now, and in how many milliseconds the next one does; null: when an event tells. */
  due(): Promise<{ names: string[]; waitMs: number | null }>;
  /** When nothing is to be had, `waitMs` says when to look again: in so many milliseconds, 0 for soon, null for when an event tells. */
  take(name: string, ids: { token: string; requestId: string }): Promise<{ held: Held } | { waitMs: number | null }>;
  /** Keeps what is held. */
  extend(held: readonly Held[]): Promise<void>;
  functionOf(held: Held): string;
  /** The invocation that can be cancelled while it is held; null: none can. */
  cancellable(held: Held): string | null;
  isCancelled(id: string): Promise<boolean>;
  /** To its end, told in Redis. Never rejects. An abort ends it with the signal's reason, an FnError. */
  see(held: Held, signal: AbortSignal): Promise<void>;
}

interface Running<Held> {
  held: Held;
  stop: AbortController;
  ended: Promise<void>;
}

/** One look at all that is due. */
interface Round {
  /** Functions that may have more. */
  able: Set<string>;
  /** How much of a queue is asked for at once: more, the more it has given. */
  appetite: Map<string, number>;
  /** Until the next one. */
  waitMs: number;
}

/**
 * Takes work as long as there are slots, tenants by turns, and sees each to its end. Events are hints: it looks by itself every second,
 * and a watchdog starts the loop anew when it does not come round.
 */
export class Consumer<Held> {
  readonly #work: Work<Held>;
  readonly #slots: number;
  readonly #log: Log;
  readonly #turns = new FairTurns(tenantOf);
  readonly #running = new Map<string, Running<Held>>();
  /** Queues that are left alone until then; this and what follows by the steady clock. */
  readonly #resting = new Map<string, number>();
  readonly #stopEvents: () => void;
  readonly #timers: NodeJS.Timeout[];
  #wake: () => void = () => {};
  #woken = false;
  #loop = 0;
  #cameRoundMs = performance.now();
  #stopped = false;

  /** @param slots how much this process does at a time */
  constructor(work: Work<Held>, given: { events: { on(listener: (event: JobEvent) => void): () => void }; slots: number; log: Log }) {
    this.#work = work;
    this.#slots = given.slots;
    this.#log = given.log;
    this.#stopEvents = given.events.on((event) => this.#heard(event));
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
        pauseMs = Math.min(pauseMs, await this.#turn());
      } catch (error) {
        if (!(error instanceof FnError && error.code === "QUEUE_UNAVAILABLE")) this.#log.error("the job loop failed", { error });
      }
      this.#cameRoundMs = performance.now();
      if (!this.#woken) await this.#pause(pauseMs);
    }
  }

  /** One round over all queues that are due. @returns in how many milliseconds the next one is */
  async #turn(): Promise<number> {
    const { names, waitMs } = await this.#work.due();
    const able = new Set(names.filter((name) => (this.#resting.get(name) ?? 0) <= performance.now()));
    const round: Round = { able, appetite: new Map(), waitMs: waitMs ?? Infinity };
    while (able.size > 0 && this.#running.size < this.#slots && !this.#stopped) {
      const picked = this.#pick(round);
      if (picked.length === 0) break;
      await Promise.all(picked.map(async (name) => await this.#take(name, round)));
    }
    if (this.#running.size >= this.#slots) return Infinity;
    const nowMs = performance.now();
    const rests = [...this.#resting.values()].map((untilMs) => untilMs - nowMs).filter((ms) => ms > 0);
    return Math.min(round.waitMs, ...rests);
  }

  #pick({ able, appetite }: Round): string[] {
    const free = Math.min(this.#slots - this.#running.size, LOOKS);
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

  async #take(name: string, round: Round): Promise<void> {
    const token = randomUUID();
    const look = await this.#work.take(name, { token, requestId: randomUUIDv7() });
    if ("held" in look) {
      round.appetite.set(name, Math.min(LOOKS, 2 * (round.appetite.get(name) ?? 1)));
      return this.#begin(token, look.held);
    }
    round.able.delete(name);
    if (look.waitMs === 0) this.#resting.set(name, performance.now() + REST_MS);
    else this.#turns.forget(name);
    if (look.waitMs !== null && look.waitMs > 0) round.waitMs = Math.min(round.waitMs, look.waitMs);
  }

  #begin(token: string, held: Held): void {
    const stop = new AbortController();
    const name = this.#work.functionOf(held);
    this.#turns.begin(name);
    const running: Running<Held> = { held, stop, ended: Promise.resolve() };
    this.#running.set(token, running);
    running.ended = this.#work.see(held, stop.signal).finally(() => {
      this.#running.delete(token);
      this.#turns.end(name);
      this.#resting.delete(name);
      this.#wake();
    });
  }

  async #extend(): Promise<void> {
    const held = [...this.#running.values()].map((running) => running.held);
    if (held.length > 0) await this.#work.extend(held).catch(() => {});
  }

  #heard({ kind, about }: JobEvent): void {
    if (kind === "cancel") this.#cancel(about);
    else if (kind === "missed") void this.#seekCancelled();
    // More jobs do not help a queue whose limit is reached; more messages may make a batch full.
    else if (kind === "due" && (this.#resting.get(about) ?? 0) > performance.now()) return;
    else if (kind === this.#work.event) this.#resting.delete(about);
    if (kind === this.#work.event || kind === "missed") this.#wake();
  }

  #cancel(id: string): void {
    for (const { held, stop } of this.#running.values())
      if (this.#work.cancellable(held) === id) stop.abort(new FnError("INVOCATION_CANCELLED", "It was cancelled while it ran."));
  }

  /** Cancellations that were told while this process could not hear. */
  async #seekCancelled(): Promise<void> {
    for (const { held } of [...this.#running.values()]) {
      const id = this.#work.cancellable(held);
      if (id !== null && (await this.#work.isCancelled(id).catch(() => false))) this.#cancel(id);
    }
  }

  #watch(): void {
    if (this.#stopped || performance.now() - this.#cameRoundMs < WATCHDOG_MS) return;
    this.#log.error("the job loop hangs and is started anew", { running: this.#running.size });
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
