import { FnError, type Quotas } from "@zygo/contracts";
import { ClockSteps, instanceBound } from "@zygo/core";
import type { AsyncLane, HeldAttempt, PayloadStore } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { Routes } from "../routes.ts";
import type { Attempts, AttemptResult } from "./attempts.ts";
import { conclude, storedAnswer } from "./conclusion.ts";
import type { Work } from "./consumer.ts";
import type { Destinations } from "./destinations.ts";
import { tellUntilHeard } from "./tell.ts";

/** How often one function's queue is searched for jobs of gateways that died, milliseconds. */
const RECOVER_MS = 2500;

export interface JobWorkOptions {
  lane: AsyncLane;
  payloads: PayloadStore;
  routes: Routes;
  attempts: Attempts;
  destinations: Destinations;
  quotasOf: (name: string) => Promise<Quotas>;
  log: Log;
}

/** Asynchronous invocations: one attempt at a time. */
export class JobWork implements Work<HeldAttempt> {
  readonly event = "due";
  readonly #given: JobWorkOptions;
  readonly #clock = new ClockSteps();
  #doubtful = false;
  /** By the steady clock. */
  readonly #recovered = new Map<string, number>();
  readonly #limits = new Map<string, number>();

  constructor(given: JobWorkOptions) {
    this.#given = given;
  }

  async due(): Promise<{ names: string[]; waitMs: number | null }> {
    await this.#replan();
    const { names, nextMs } = await this.#given.lane.source.due(Date.now());
    await this.#recover(names);
    return { names, waitMs: nextMs === null ? null : nextMs - Date.now() };
  }

  async take(name: string, ids: { token: string; requestId: string }): Promise<{ held: HeldAttempt } | { waitMs: number | null }> {
    await this.#limit(name);
    const look = await this.#given.lane.source.take(name, ids);
    if ("held" in look) return look;
    // 0 is "soon", and stays so.
    return { waitMs: look.dueMs === null || look.dueMs === 0 ? look.dueMs : Math.max(1, look.dueMs - Date.now()) };
  }

  async extend(held: readonly HeldAttempt[]): Promise<void> {
    await this.#given.lane.source.extend(held);
  }

  functionOf({ job }: HeldAttempt): string {
    return job.function;
  }

  cancellable({ job }: HeldAttempt): string {
    return job.id;
  }

  async isCancelled(id: string): Promise<boolean> {
    return await this.#given.lane.records.isCancelled(id);
  }

  /** From the beginning of an attempt to its conclusion, in Redis. What cannot be told is run again by whoever finds it. */
  async see(held: HeldAttempt, signal: AbortSignal): Promise<void> {
    const { attempts, log } = this.#given;
    try {
      const cancelled = new FnError("INVOCATION_CANCELLED");
      const result = await attempts.run(held, held.cancelled ? AbortSignal.abort(cancelled) : signal);
      await tellUntilHeard(() => this.#tell(held, result, signal));
    } catch (error) {
      log.warn("an attempt's end could not be told; it will be run again", { invocation: held.job.id, attempt: held.number, error });
    }
  }

  async #tell(held: HeldAttempt, result: AttemptResult, signal: AbortSignal): Promise<void> {
    const { lane, payloads, destinations } = this.#given;
    let end = conclude(held, result, { nowMs: Date.now(), random: Math.random() });
    if (end.kind === "retry") {
      // A gateway that stops gives its jobs back; no pause is due.
      const givenBack = signal.aborted && end.attempt.code === "SHUTTING_DOWN";
      const attempt = givenBack ? { ...end.attempt, nextMs: Date.now() } : end.attempt;
      const verdict = await lane.source.retry(held, attempt);
      if (verdict !== "CANCELLED") return;
      const reason = "It was cancelled.";
      end = { kind: "settle", state: "cancelled", attempt: { ...attempt, nextMs: null }, reason };
    }
    await destinations.send(held, result, end);
    await lane.source.settle(held, { ...end, answer: await storedAnswer(payloads, held.job.id, result.outcome) });
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
}
