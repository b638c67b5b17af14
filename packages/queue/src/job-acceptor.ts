import { FnError, type Job } from "@zygo/contracts";
import type { JobJson } from "bullmq";
import type { Durability } from "./durability.ts";
import type { JobRedis } from "./job-redis.ts";
import { JOB_EVENTS, jobKeys } from "./keys.ts";

/** What became of a job: accepted, known already, or its id is another request's. */
export type Verdict = "NEW" | "KNOWN" | "OTHER";

/** So that no script holds Redis up for long. */
const MOST_TOGETHER = 256;

interface Entry {
  job: Job;
  fingerprint: string;
  resolve: (verdict: Verdict) => void;
  reject: (error: FnError) => void;
}

/**
 * Puts jobs into Redis, those that come while others are on their way together: one script for each function, one flush of the disk for
 * all. One that is repeated does nothing, so a caller that got no answer may send the same job again.
 */
export class JobAcceptor {
  readonly #redis: JobRedis;
  readonly #durability: Durability;
  #waiting: Entry[] = [];
  #underWay = false;

  constructor(redis: JobRedis, durability: Durability) {
    this.#redis = redis;
    this.#durability = durability;
  }

  /** Resolves once it is durable. @throws FnError QUEUE_UNAVAILABLE */
  accept(job: Job, fingerprint: string): Promise<Verdict> {
    const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
    if (this.#waiting.length === 0 && !this.#underWay) setImmediate(() => void this.#flush());
    this.#waiting.push({ job, fingerprint, resolve, reject });
    return promise;
  }

  async #flush(): Promise<void> {
    if (this.#underWay) return;
    this.#underWay = true;
    while (this.#waiting.length > 0) await this.#settle(this.#waiting.splice(0, MOST_TOGETHER));
    this.#underWay = false;
  }

  /** Never rejects. */
  async #settle(batch: Entry[]): Promise<void> {
    try {
      await this.#push(batch);
    } catch (cause) {
      const error = cause instanceof FnError ? cause : new FnError("QUEUE_UNAVAILABLE", undefined, { cause });
      for (const entry of batch) entry.reject(error);
    }
  }

  async #push(batch: Entry[]): Promise<void> {
    this.#redis.refuseWhileAway();
    const groups = [...Map.groupBy(batch, ({ job }) => job.function)];
    const told = groups.map(([name, entries]) => this.#redis.redis.acceptInvocations(...this.#head(name), ...entries.flatMap(valuesOf)));
    const verdicts = await this.#redis.answered(Promise.all(told));
    await this.#redis.answered(this.#durability.sync(this.#redis.redis));
    for (const [at, [, entries]] of groups.entries())
      for (const [place, entry] of entries.entries()) entry.resolve(verdicts[at]?.[place] as Verdict);
  }

  #head(name: string): string[] {
    const { base, wait, delayed, prioritized, pc } = this.#redis.places(name);
    return [jobKeys.due, wait, delayed, prioritized, pc, name, jobKeys.invocation(""), base, JOB_EVENTS];
  }
}

const valuesOf = ({ job, fingerprint }: Entry): (string | number)[] => [
  job.id,
  JSON.stringify(job),
  fingerprint,
  job.acceptedMs,
  job.runAtMs,
  job.priority,
  job.delayMs === null ? "" : "1",
];

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

export function failOnError(results: [error: Error | null, result: unknown][] | null): void {
  const failed = (results ?? [[new Error("no answer"), null]]).find(([error]) => error !== null);
  if (failed !== undefined) throw new FnError("QUEUE_UNAVAILABLE", undefined, { cause: failed[0] });
}
