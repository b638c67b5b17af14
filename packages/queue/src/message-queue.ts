import { DEFAULT_QUEUE, FnError, type Job, type QueueLimits, type QueueNumbers, type StoredBody } from "@zygo/contracts";
import { HEADERS, INTERNAL_DOMAIN, localName } from "@zygo/contracts/names";
import { completeJob, randomId } from "./complete-job.ts";
import type { Durability } from "./durability.ts";
import type { JobRedis } from "./job-redis.ts";
import { JOB_EVENTS, jobKeys } from "./keys.ts";
import type { PayloadStore } from "./payloads.ts";

/** Messages that one step cancels. */
const CANCEL_STEP = 500;

export interface Sending {
  /** The id of a function with a `queue` handler. */
  function: string;
  /** `body`: JSON, at most MAX_MESSAGE_BYTES. */
  messages: readonly { body: Uint8Array; delayMs: number }[];
  /** The id of the function that sends; null: somebody outside. */
  sender: string | null;
  /** Of the receiver. */
  limits: QueueLimits;
  /** Messages that may wait there. */
  most: number;
}

interface MessageQueueParts {
  /** For what has to be on disk, and for all else. */
  accepting: JobRedis;
  working: JobRedis;
  durability: Durability;
  payloads: PayloadStore;
}

/**
 * The messages of functions, from outside: sending, looking, holding back, ending. A message is an invocation record that waits in a
 * sorted set of its function. All calls throw FnError QUEUE_UNAVAILABLE while Redis is away.
 */
export class MessageQueue {
  readonly #accepting: JobRedis;
  readonly #working: JobRedis;
  readonly #durability: Durability;
  readonly #payloads: PayloadStore;

  constructor({ accepting, working, durability, payloads }: MessageQueueParts) {
    this.#accepting = accepting;
    this.#working = working;
    this.#durability = durability;
    this.#payloads = payloads;
  }

  /** All of them or none. Resolves with their ids once they are durable. @throws FnError OVERLOADED: too many would wait */
  async send({ function: name, messages, sender, limits, most }: Sending): Promise<string[]> {
    this.#accepting.refuseWhileAway();
    const url = `http://${localName(name)}.${INTERNAL_DOMAIN}/`;
    const headers: [string, string][] = sender === null ? [] : [[HEADERS.caller, localName(sender)]];
    const jobs = await Promise.all(
      messages.map(({ body, delayMs }) =>
        completeJob(this.#payloads, randomId(), {
          ...{ function: name, trigger: "queue", deliver: "queue", url, headers, body },
          delayMs,
        }),
      ),
    );
    const each = jobs.flatMap((job, at) => [job.id, JSON.stringify(job), Math.round(messages[at]?.delayMs ?? 0), bytesOf(job.body)]);
    await this.#accept(name, each, { limits, most });
    return jobs.map(({ id }) => id);
  }

  /** One that was taken on before, however many wait. @returns its id */
  async accept(job: Job): Promise<string> {
    await this.#accept(job.function, [job.id, JSON.stringify(job), 0, bytesOf(job.body)], { limits: DEFAULT_QUEUE, most: Infinity });
    return job.id;
  }

  async numbers(name: string): Promise<QueueNumbers> {
    this.#working.refuseWhileAway();
    const keys = [jobKeys.messages(name), jobKeys.messagesAlone(name), jobKeys.batches(name), jobKeys.queuesPaused];
    const [due, delayed, inFlight, overdueMs, paused] = await this.#working.answered(
      this.#working.redis.queueState(...keys, name, jobKeys.batch("")),
    );
    return { due, delayed, inFlight, oldestMs: overdueMs < 0 ? null : overdueMs, paused: paused === 1 };
  }

  /** Functions that have messages: waiting, held back or in a batch. */
  async names(): Promise<string[]> {
    this.#working.refuseWhileAway();
    return await this.#working.answered(this.#working.redis.zrange(jobKeys.messagesDue, "0", "-1"));
  }

  /** Paused, a function gets no further batch; what is sent is kept. */
  async pause(name: string, paused: boolean): Promise<void> {
    const { redis } = this.#working;
    this.#working.refuseWhileAway();
    if (paused) return void (await this.#working.answered(redis.sadd(jobKeys.queuesPaused, name)));
    await this.#working.answered(redis.srem(jobKeys.queuesPaused, name));
    await this.#working.answered(redis.zadd(jobKeys.messagesDue, "XX", 0, name));
    await this.#working.answered(redis.publish(JOB_EVENTS, `messages ${name}`));
  }

  /** Cancels all that wait; those of a batch under way do not come again. @returns how many were cancelled */
  async cancelAll(name: string, reason: string): Promise<number> {
    this.#working.refuseWhileAway();
    const keys = [jobKeys.messages(name), jobKeys.messagesAlone(name), jobKeys.batches(name), jobKeys.messagesDue, jobKeys.settledMessages];
    for (let total = 0; ;) {
      const count = await this.#working.answered(
        this.#working.redis.cancelMessages(...keys, name, reason, CANCEL_STEP, jobKeys.invocation(""), jobKeys.batch(""), JOB_EVENTS),
      );
      if (count === 0) return total;
      total += count;
    }
  }

  async #accept(name: string, each: (string | number)[], { limits, most }: Pick<Sending, "limits" | "most">): Promise<void> {
    const { redis } = this.#accepting;
    const keys = [jobKeys.messages(name), jobKeys.messagesAlone(name), jobKeys.batches(name), jobKeys.messagesDue];
    const bound = Math.min(most, Number.MAX_SAFE_INTEGER);
    const values = [name, bound, jobKeys.invocation(""), JOB_EVENTS, limits.batchSize, limits.maxWaitMs, limits.concurrency];
    const verdict = await this.#accepting.answered(redis.acceptMessages(...keys, ...values, ...each));
    if (verdict === "FULL")
      throw new FnError("OVERLOADED", `At most ${most} messages may wait for '${localName(name)}': send again when some are dealt with.`);
    await this.#accepting.answered(this.#durability.sync(redis));
  }
}

/** Of a body as it is, not as it is stored. */
const bytesOf = (body: StoredBody): number => ("inline" in body ? Math.ceil(body.inline.length * 0.75) : body.bytes);
