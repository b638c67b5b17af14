import { FnError, type Job } from "@zygo/contracts";
import type { JobJson } from "bullmq";
import type { Durability } from "./durability.ts";
import type { JobRedis } from "./job-redis.ts";
import { JOB_EVENTS, jobKeys } from "./keys.ts";

/** What became of a job: accepted, known already, or its id is another request's. */
export type Verdict = "NEW" | "KNOWN" | "OTHER";

interface Entry {
  job: Job;
  fingerprint: string;
  resolve: (verdict: Verdict) => void;
  reject: (error: FnError) => void;
}

/**
 * Puts jobs into Redis. All that are given in one turn of the event loop go out as one pipeline: record, BullMQ's job, wake-up. A
 * command that is repeated does nothing, so a caller that got no answer may send the same job again.
 */
export class JobAcceptor {
  readonly #redis: JobRedis;
  readonly #durability: Durability;
  #batch: Entry[] = [];

  constructor(redis: JobRedis, durability: Durability) {
    this.#redis = redis;
    this.#durability = durability;
  }

  /** Resolves once it is durable. @throws FnError QUEUE_UNAVAILABLE */
  accept(job: Job, fingerprint: string): Promise<Verdict> {
    const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
    if (this.#batch.length === 0) setImmediate(() => void this.#flush());
    this.#batch.push({ job, fingerprint, resolve, reject });
    return promise;
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    try {
      const verdicts = await this.#push(batch);
      batch.forEach((entry, at) => entry.resolve(verdicts[at] as Verdict));
    } catch (cause) {
      const error = cause instanceof FnError ? cause : new FnError("QUEUE_UNAVAILABLE", undefined, { cause });
      for (const entry of batch) entry.reject(error);
    }
  }

  async #push(batch: Entry[]): Promise<Verdict[]> {
    const client = await this.#redis.client();
    // Ours first: a job without a record would be dropped by whoever takes it. Both go out together.
    const records = this.#redis.redis.pipeline();
    for (const { job, fingerprint } of batch) {
      const plannedMs = job.delayMs === null ? "" : job.acceptedMs;
      records.acceptInvocation(jobKeys.invocation(job.id), JSON.stringify(job), fingerprint, job.acceptedMs, plannedMs);
    }
    const jobs = client.pipeline();
    for (const { job } of batch) void addToQueue(this.#redis, jobs, job).catch(() => {});
    const wakes = this.#redis.redis.pipeline();
    for (const [name, dueMs] of earliest(batch)) wakes.zadd(jobKeys.due, "LT", dueMs, name).publish(JOB_EVENTS, `due ${name}`);
    const [made, added, woken] = await this.#redis.answered(Promise.all([records.exec(), jobs.exec(), wakes.exec()]));
    for (const results of [made, added, woken]) failOnError(results);
    await this.#redis.answered(this.#durability.sync(this.#redis.redis));
    return (made ?? []).map(([, verdict]) => verdict as Verdict);
  }
}

type Pipeline = ReturnType<Awaited<ReturnType<JobRedis["client"]>>["pipeline"]>;

/** BullMQ's part: an id alone, for all else is in the record. */
export async function addToQueue(
  redis: JobRedis,
  pipeline: Pipeline,
  job: Pick<Job, "id" | "function" | "priority" | "runAtMs">,
): Promise<void> {
  const delay = Math.max(0, Math.round(job.runAtMs - Date.now()));
  const entry = {
    id: job.id,
    name: "run",
    data: "{}",
    opts: { attempts: 1, ...(delay > 0 ? { delay } : {}), ...(job.priority > 0 ? { priority: job.priority } : {}) },
    timestamp: Date.now(),
  } as unknown as JobJson;
  await redis.queue(job.function).addJobToTransaction(pipeline, entry, job.id);
}

function earliest(batch: Entry[]): Map<string, number> {
  const due = new Map<string, number>();
  for (const { job } of batch) due.set(job.function, Math.min(job.runAtMs, due.get(job.function) ?? Infinity));
  return due;
}

export function failOnError(results: [error: Error | null, result: unknown][] | null): void {
  const failed = (results ?? [[new Error("no answer"), null]]).find(([error]) => error !== null);
  if (failed !== undefined) throw new FnError("QUEUE_UNAVAILABLE", undefined, { cause: failed[0] });
}
