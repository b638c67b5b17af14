import { Job, type Attempt, type InvocationState } from "@zygo/contracts";
import { failOnError } from "./job-acceptor.ts";
import { jobKeys, JOB_EVENTS } from "./keys.ts";
import { LOCK_MS, STALLED_MS, type JobRedis } from "./job-redis.ts";

/** BullMQ's scores of delayed jobs: the time in milliseconds, with twelve more bits. */
const DELAY_SCALE = 4096;
/** Invocations that are put off anew in one round trip. */
const REPLAN_STEP = 500;

/** An attempt that this process holds. */
export interface HeldAttempt {
  job: Job;
  /** BullMQ's lock and the record's fence. */
  token: string;
  requestId: string;
  number: number;
  /** Attempts before the last redrive, which do not count. */
  base: number;
  startedMs: number;
  /** When the invocation was accepted or redriven, epoch milliseconds. */
  sinceMs: number;
  /** It was asked to be cancelled while its gateway was lost. */
  cancelled: boolean;
  /** The attempt before was lost with its gateway. */
  recovered: boolean;
}

/** A failed look at a queue says when to look again, epoch milliseconds; null: when something is added; 0: its limit is reached. */
export type Look = { held: HeldAttempt } | { dueMs: number | null };

export interface Settlement {
  state: Extract<InvocationState, "succeeded" | "failed" | "cancelled">;
  attempt: Attempt;
  reason: string | null;
  /** JSON of a StoredAnswer. */
  answer: string | null;
}

/** The side of the async lane that takes jobs out, and says how their attempts ended. */
export class JobSource {
  readonly #redis: JobRedis;
  readonly #lostReason: string;

  constructor(redis: JobRedis) {
    this.#redis = redis;
    this.#lostReason = "The gateway that ran this attempt is gone.";
  }

  /** Functions whose queues need a look by `nowMs`, the most overdue first, and when the next one does. */
  async due(nowMs: number): Promise<{ names: string[]; nextMs: number | null }> {
    const { redis } = this.#redis;
    this.#redis.refuseWhileAway();
    const [names, next] = await this.#redis.answered(
      Promise.all([
        redis.zrangebyscore(jobKeys.due, 0, nowMs, "LIMIT", 0, 10_000),
        redis.zrangebyscore(jobKeys.due, `(${nowMs}`, "+inf", "WITHSCORES", "LIMIT", 0, 1),
      ]),
    );
    return { names, nextMs: next[1] === undefined ? null : Number(next[1]) };
  }

  /** Functions with jobs that were put off and come after `nowMs` and by `untilMs`: when the first is due, and how many there are. */
  async coming(nowMs: number, untilMs: number): Promise<{ name: string; atMs: number; count: number }[]> {
    const { redis } = this.#redis;
    this.#redis.refuseWhileAway();
    const due = await this.#redis.answered(redis.zrangebyscore(jobKeys.due, `(${nowMs}`, untilMs, "WITHSCORES", "LIMIT", 0, 1000));
    const names = due.filter((_, at) => at % 2 === 0);
    const counts = await this.#redis.answered(
      Promise.all(names.map((name) => redis.zcount(this.#redis.places(name).delayed, nowMs * DELAY_SCALE, (untilMs + 1) * DELAY_SCALE))),
    );
    return names.map((name, at) => ({ name, atMs: Number(due[2 * at + 1]), count: counts[at] ?? 0 })).filter(({ count }) => count > 0);
  }

  /** The next job of a function, if there is one and its limit of active ones allows it. */
  async take(name: string, ids: { token: string; requestId: string }): Promise<Look> {
    const queue = this.#redis.queue(name);
    for (let looks = 0; ;) {
      this.#redis.refuseWhileAway();
      const [, id] = await this.#redis.answered(queue.moveToActive(ids.token));
      if (id === undefined || id === null || id === "" || id === 0) {
        const dueMs = await this.#rest(name);
        // Something was added in between; or nothing may be taken, which a second look tells.
        if (dueMs === 0 && looks++ === 0) continue;
        return { dueMs };
      }
      const held = await this.#begin(String(id), ids);
      if (held !== null) return { held };
      // Settled, or cancelled: there is nothing to do, and the next one may be behind it.
      await this.#finish(name, String(id), ids.token);
    }
  }

  /** Gives jobs of gateways that died back to the queue. Any process may, as often as it likes. */
  async recover(name: string): Promise<number> {
    this.#redis.refuseWhileAway();
    return (await this.#redis.answered(this.#redis.queue(name).moveStalledJobsToWait())).length;
  }

  /** Keeps the locks of attempts that run. */
  async extend(held: readonly HeldAttempt[]): Promise<void> {
    const byName = Map.groupBy(held, ({ job }) => job.function);
    this.#redis.refuseWhileAway();
    await this.#redis.answered(
      Promise.all(
        Array.from(byName, ([name, jobs]) =>
          this.#redis.queue(name).extendLocks(
            jobs.map(({ job }) => job.id),
            jobs.map(({ token }) => token),
            LOCK_MS,
          ),
        ),
      ),
    );
  }

  /** Another try later. "CANCELLED": settle it so instead; "LOST": another process has it, do nothing. */
  async retry(held: HeldAttempt, attempt: Attempt & { nextMs: number }): Promise<"OK" | "CANCELLED" | "LOST"> {
    const { job, token, number } = held;
    const { redis } = this.#redis;
    this.#redis.refuseWhileAway();
    const record = jobKeys.invocation(job.id);
    const verdict = await this.#redis.answered(
      redis.retryAttempt(record, token, number, JSON.stringify(attempt), attempt.reason, attempt.nextMs, attempt.endedMs),
    );
    if (verdict !== "OK") return verdict as "CANCELLED" | "LOST";
    // Not held against the clock of now, which may have been set since.
    const delay = Math.max(0, attempt.nextMs - attempt.endedMs);
    await this.#redis.answered(this.#redis.queue(job.function).moveToDelayed(job.id, Date.now(), delay, token, { skipAttempt: true }));
    await this.#redis.answered(redis.zadd(jobKeys.due, "LT", attempt.nextMs, job.function));
    return "OK";
  }

  /** The end of an invocation. False: another process has it, or had settled it. */
  async settle(held: HeldAttempt, { state, attempt, reason, answer }: Settlement): Promise<boolean> {
    const { job, token, number } = held;
    this.#redis.refuseWhileAway();
    const keys = [jobKeys.invocation(job.id), jobKeys.settled, jobKeys.dead(job.function), jobKeys.deadFunctions, jobKeys.deadCount];
    const values = [
      token,
      state,
      attempt.endedMs,
      reason ?? "",
      number,
      JSON.stringify(attempt),
      answer ?? "",
      job.id,
      job.function,
      JOB_EVENTS,
    ];
    const settled = await this.#redis.answered(this.#redis.redis.settleInvocation(...keys, ...values));
    await this.#finish(job.function, job.id, token);
    return settled === 1;
  }

  /**
   * The clock went back, or this process is new and does not know: every queue gets a look now, and what was put off by a clock that was
   * ahead waits as long as it was meant to, counted from now. Any process may, as often as it likes.
   * @returns how many invocations have another time
   */
  async replan(nowMs: number): Promise<number> {
    const { redis } = this.#redis;
    this.#redis.refuseWhileAway();
    const names = await this.#redis.answered(redis.zrange(jobKeys.due, 0, "-1"));
    if (names.length === 0) return 0;
    await this.#redis.answered(redis.zadd(jobKeys.due, "LT", ...names.flatMap((name) => [String(nowMs), name])));
    let moved = 0;
    for (const name of names) moved += await this.#replanQueue(name, nowMs);
    return moved;
  }

  /** How many active jobs of a function there may be, over all processes. */
  async limit(name: string, concurrency: number): Promise<void> {
    await this.#redis.limit(name, concurrency);
  }

  async #replanQueue(name: string, nowMs: number): Promise<number> {
    const { redis } = this.#redis;
    const delayed = this.#redis.queue(name).keys["delayed"] ?? "";
    const ids = await this.#redis.answered(redis.zrangebyscore(delayed, nowMs * DELAY_SCALE, "+inf"));
    let moved = 0;
    for (let at = 0; at < ids.length; at += REPLAN_STEP) {
      const pipeline = redis.pipeline();
      for (const id of ids.slice(at, at + REPLAN_STEP))
        pipeline.replanInvocation(jobKeys.invocation(id), delayed, jobKeys.due, id, name, nowMs);
      const results = await this.#redis.answered(pipeline.exec());
      failOnError(results);
      moved += (results ?? []).filter(([, dueMs]) => Number(dueMs) >= 0).length;
    }
    return moved;
  }

  async #begin(id: string, { token, requestId }: { token: string; requestId: string }): Promise<HeldAttempt | null> {
    const startedMs = Date.now();
    const begun = await this.#redis.answered(
      this.#redis.redis.beginAttempt(jobKeys.invocation(id), token, requestId, startedMs, this.#lostReason),
    );
    if (begun === null) return null;
    const [number, base, job, sinceMs, cancel, before] = begun;
    return {
      job: Job.parse(JSON.parse(job)),
      token,
      requestId,
      number,
      base,
      startedMs,
      sinceMs: Number(sinceMs),
      cancelled: cancel === "1",
      recovered: before === "running",
    };
  }

  /** BullMQ's part of the end. What is not there any more is done with. */
  async #finish(name: string, id: string, token: string): Promise<void> {
    const entry = { id, opts: { attempts: 1 } } as never;
    await this.#redis
      .queue(name)
      .moveToCompleted(entry, null, true, token, false)
      .catch(() => {});
  }

  async #rest(name: string): Promise<number | null> {
    const { keys } = this.#redis.queue(name);
    const [wait = "", prioritized = "", delayed = "", active = ""] = [keys["wait"], keys["prioritized"], keys["delayed"], keys["active"]];
    const due = await this.#redis.answered(
      this.#redis.redis.restQueue(jobKeys.due, wait, prioritized, delayed, active, name, Date.now() + STALLED_MS),
    );
    return due < 0 ? null : due;
  }
}
