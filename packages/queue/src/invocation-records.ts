import { Attempt, FnError, InvocationState, Job, StoredAnswer } from "@zygo/contracts";
import { addToQueue, failOnError } from "./job-acceptor.ts";
import type { JobRedis } from "./job-redis.ts";
import { JOB_EVENTS, jobKeys } from "./keys.ts";

/** All that is kept of an invocation. */
export interface InvocationRecord {
  job: Job;
  state: InvocationState;
  attempts: Attempt[];
  reason: string | null;
  settledMs: number | null;
  answer: StoredAnswer | null;
}

/** What tells where an invocation waits. */
type Place = Pick<Job, "id" | "function" | "deliver">;

/** How many records one step of a sweep deals with. */
const SWEEP_STEP = 200;

/** The records of invocations, from outside: reading, cancelling, dead letters, retention. Calls throw FnError QUEUE_UNAVAILABLE. */
export class InvocationRecords {
  readonly #jobs: JobRedis;

  constructor(jobs: JobRedis) {
    this.#jobs = jobs;
  }

  async find(id: string): Promise<InvocationRecord | null> {
    this.#jobs.refuseWhileAway();
    const flat = await this.#jobs.answered(this.#jobs.redis.hgetall(jobKeys.invocation(id)));
    return flat["job"] === undefined ? null : readRecord(flat);
  }

  /** Whether one that runs was asked to end. */
  async isCancelled(id: string): Promise<boolean> {
    this.#jobs.refuseWhileAway();
    return (await this.#jobs.answered(this.#jobs.redis.hexists(jobKeys.invocation(id), "cancel"))) === 1;
  }

  /** @returns the state that it was in; null: there is none. One that runs is told, and ends soon. */
  async cancel(job: Place, nowMs: number, reason = "It was cancelled before it ran."): Promise<InvocationState | null> {
    this.#jobs.refuseWhileAway();
    const state = await this.#jobs.answered(
      this.#jobs.redis.cancelInvocation(jobKeys.invocation(job.id), jobKeys.settled, job.id, nowMs, reason, JOB_EVENTS),
    );
    // Else it would lie in the queue until it is due.
    if (state === "queued" || state === "retrying") await this.#takeOut(job).catch(() => {});
    return state === null ? null : InvocationState.parse(state);
  }

  /** Cancels every job of a function. */
  async cancelAll(name: string, reason: string): Promise<void> {
    for (const set of ["active", "wait", "prioritized", "delayed"] as const) {
      const ids = await this.#inQueue(name, set);
      for (let at = 0; at < ids.length; at += SWEEP_STEP) {
        const some = ids.slice(at, at + SWEEP_STEP);
        await Promise.all(some.map((id) => this.cancel({ id, function: name, deliver: "fetch" }, Date.now(), reason)));
      }
    }
  }

  /** The newest first, of the given functions or of all. */
  async dead(names: string[] | null, { offset, limit }: { offset: number; limit: number }): Promise<{ ids: string[]; total: number }> {
    this.#jobs.refuseWhileAway();
    const { redis } = this.#jobs;
    const functions = names ?? (await this.#jobs.answered(redis.smembers(jobKeys.deadFunctions)));
    const lists = await this.#jobs.answered(
      Promise.all(functions.map((name) => redis.zrevrange(jobKeys.dead(name), 0, offset + limit - 1, "WITHSCORES"))),
    );
    const counts = await this.#jobs.answered(Promise.all(functions.map((name) => redis.zcard(jobKeys.dead(name)))));
    const newest = lists.flatMap(pairs).sort((a, b) => b.atMs - a.atMs);
    return { ids: newest.slice(offset, offset + limit).map(({ id }) => id), total: counts.reduce((sum, count) => sum + count, 0) };
  }

  /** Functions that have some, deleted ones too. */
  async deadFunctions(): Promise<string[]> {
    this.#jobs.refuseWhileAway();
    return await this.#jobs.answered(this.#jobs.redis.smembers(jobKeys.deadFunctions));
  }

  /** False: it is no dead letter. */
  async redrive(job: Job, nowMs: number): Promise<boolean> {
    if (job.deliver === "queue") return await this.#redriveMessage(job);
    const client = await this.#jobs.client();
    const moved = await this.#jobs.answered(
      this.#jobs.redis.redriveInvocation(
        jobKeys.invocation(job.id),
        jobKeys.dead(job.function),
        jobKeys.deadFunctions,
        job.id,
        job.function,
        nowMs,
      ),
    );
    if (moved === 0) return false;
    const pipeline = client.pipeline();
    void addToQueue(this.#jobs, pipeline, { ...job, runAtMs: nowMs }).catch(() => {});
    failOnError(await this.#jobs.answered(pipeline.exec()));
    const wakes = this.#jobs.redis.pipeline().zadd(jobKeys.due, "LT", nowMs, job.function).publish(JOB_EVENTS, `due ${job.function}`);
    failOnError(await this.#jobs.answered(wakes.exec()));
    return true;
  }

  /** Removes a settled invocation's record. False: it was not there. */
  async forget(id: string, name: string): Promise<boolean> {
    this.#jobs.refuseWhileAway();
    const removed = await this.#jobs.answered(
      this.#jobs.redis.forgetInvocation(
        ...([jobKeys.invocation(id), jobKeys.settled, jobKeys.dead(name), jobKeys.deadFunctions, jobKeys.settledMessages] as const),
        id,
        name,
      ),
    );
    return removed === 1;
  }

  /** Settled ids, with their functions, that are older than `beforeMs` or beyond the newest `most`; a few at a time. */
  async outdated(
    kind: "settled" | "messages" | "dead",
    bounds: { beforeMs: number; most: number },
  ): Promise<{ id: string; name: string }[]> {
    this.#jobs.refuseWhileAway();
    const { redis } = this.#jobs;
    if (kind !== "dead") return await this.#outdatedIn(kind === "settled" ? jobKeys.settled : jobKeys.settledMessages, bounds);
    const functions = await this.#jobs.answered(redis.smembers(jobKeys.deadFunctions));
    const found = await Promise.all(functions.map(async (name) => await this.#outdatedIn(jobKeys.dead(name), bounds)));
    return found.flat();
  }

  /** Dead letters now, and ever since the data was new. */
  async deadCounts(): Promise<{ name: string; now: number; ever: number }[]> {
    this.#jobs.refuseWhileAway();
    const { redis } = this.#jobs;
    const ever = await this.#jobs.answered(redis.hgetall(jobKeys.deadCount));
    return await this.#jobs.answered(
      Promise.all(
        Object.entries(ever).map(async ([name, count]) => ({ name, now: await redis.zcard(jobKeys.dead(name)), ever: Number(count) })),
      ),
    );
  }

  /** Ids in one of BullMQ's structures of a function's queue. */
  async #inQueue(name: string, set: "wait" | "prioritized" | "delayed" | "active"): Promise<string[]> {
    const { redis } = this.#jobs;
    this.#jobs.refuseWhileAway();
    const key = this.#jobs.queue(name).keys[set] ?? "";
    return await this.#jobs.answered(set === "wait" || set === "active" ? redis.lrange(key, 0, -1) : redis.zrange(key, "0", "-1"));
  }

  async #redriveMessage({ id, function: name }: Job): Promise<boolean> {
    this.#jobs.refuseWhileAway();
    const keys = [jobKeys.invocation(id), jobKeys.dead(name), jobKeys.deadFunctions, jobKeys.messages(name), jobKeys.messagesDue];
    return (await this.#jobs.answered(this.#jobs.redis.redriveMessage(...keys, id, name, JOB_EVENTS))) === 1;
  }

  /** Of where it waits. */
  async #takeOut({ id, deliver, function: name }: Place): Promise<void> {
    const { redis } = this.#jobs;
    if (deliver === "queue") await Promise.all([redis.zrem(jobKeys.messages(name), id), redis.zrem(jobKeys.messagesAlone(name), id)]);
    else await this.#jobs.queue(name).remove(id, false);
  }

  async #outdatedIn(key: string, { beforeMs, most }: { beforeMs: number; most: number }): Promise<{ id: string; name: string }[]> {
    const { redis } = this.#jobs;
    const aged = await this.#jobs.answered(redis.zrangebyscore(key, 0, beforeMs, "LIMIT", 0, SWEEP_STEP));
    const surplus = (await this.#jobs.answered(redis.zcard(key))) - most;
    const extra = surplus > 0 ? await this.#jobs.answered(redis.zrange(key, 0, String(Math.min(surplus, SWEEP_STEP) - 1))) : [];
    const ids = [...new Set([...aged, ...extra])];
    const jobs = await this.#jobs.answered(Promise.all(ids.map((id) => redis.hget(jobKeys.invocation(id), "job"))));
    return ids.map((id, at) => ({ id, name: functionOf(jobs[at] ?? null) }));
  }
}

const functionOf = (job: string | null): string => (job === null ? "" : (JSON.parse(job) as { function: string }).function);

function pairs(flat: string[]): { id: string; atMs: number }[] {
  return Array.from({ length: flat.length / 2 }, (_, at) => ({ id: flat[2 * at] as string, atMs: Number(flat[2 * at + 1]) }));
}

/** @throws FnError INTERNAL when it is damaged */
function readRecord(flat: Record<string, string>): InvocationRecord {
  try {
    const answer = flat["answer"];
    return {
      job: Job.parse(JSON.parse(flat["job"] ?? "")),
      state: InvocationState.parse(flat["state"]),
      attempts: Object.entries(flat)
        .flatMap(([field, value]) => (field.startsWith("attempt:") ? [Attempt.parse(JSON.parse(value))] : []))
        .sort((a, b) => a.number - b.number),
      reason: flat["reason"] ?? null,
      settledMs: flat["settledMs"] === undefined ? null : Number(flat["settledMs"]),
      answer: answer === undefined ? null : StoredAnswer.parse(JSON.parse(answer)),
    };
  } catch (cause) {
    throw new FnError("INTERNAL", undefined, { cause });
  }
}
