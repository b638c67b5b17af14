import { Job, type Attempt, type QueueLimits } from "@zygo/contracts";
import { LOCK_MS, type JobRedis } from "./job-redis.ts";
import { JOB_EVENTS, jobKeys } from "./keys.ts";

/** Bodies of one batch, bytes: the whole has to be one request. */
const MOST_BYTES = 5 * 1024 * 1024;
/** Attempts that a message's record keeps, the newest. */
const ATTEMPTS_KEPT = 32;
const MOST_NAMES = 10_000;
const LOST = "The gateway that held its batch is gone.";
const CANCELLED = "It was cancelled.";

/** A message in a batch. */
export interface HeldMessage {
  job: Job;
  /** Deliveries, this one included. */
  number: number;
  /** Those that do not count as attempts. */
  base: number;
}

/** A batch that this process holds, as long as it extends its lease. */
export interface HeldBatch {
  function: string;
  token: string;
  requestId: string;
  messages: HeldMessage[];
  /** Messages that came back from lost batches before this one was taken. */
  recovered: number;
}

/** What becomes of a message. `free`: it comes again, and this attempt does not count. */
export interface MessageVerdict {
  message: HeldMessage;
  kind: "succeeded" | "retry" | "free" | "failed" | "cancelled";
  attempt: Attempt;
  /** Null: there is nothing to explain. */
  reason: string | null;
  /** Until it comes again, milliseconds. */
  delayMs: number;
  /** From now on it comes alone. */
  alone: boolean;
}

export type BatchLook = { held: HeldBatch } | { waitMs: number | null };

/** The side of messages that takes them out in batches and says what becomes of each. All times are Redis's own. */
export class BatchSource {
  readonly #redis: JobRedis;

  constructor(redis: JobRedis) {
    this.#redis = redis;
  }

  /** Functions whose messages need a look now, and in how many milliseconds the next one does. @throws FnError QUEUE_UNAVAILABLE */
  async due(): Promise<{ names: string[]; waitMs: number | null }> {
    this.#redis.refuseWhileAway();
    const [next, names] = await this.#redis.answered(this.#redis.redis.dueMessages(jobKeys.messagesDue, MOST_NAMES));
    return { names, waitMs: next === "" ? null : Number(next) };
  }

  /** The function's next batch, when one is ready. `waitMs` null: none is until something happens. @throws FnError QUEUE_UNAVAILABLE */
  async take(name: string, ids: { token: string; requestId: string }, limits: QueueLimits): Promise<BatchLook> {
    this.#redis.refuseWhileAway();
    const { token, requestId } = ids;
    const { batchSize, maxWaitMs, concurrency } = limits;
    const keys = [
      ...[jobKeys.messages(name), jobKeys.messagesAlone(name), jobKeys.batches(name), jobKeys.messagesDue],
      ...[jobKeys.queuesPaused, jobKeys.batch(token), jobKeys.settledMessages],
    ];
    const values = [name, token, requestId, batchSize, maxWaitMs, concurrency, LOCK_MS, MOST_BYTES];
    const prefixes = [jobKeys.invocation(""), jobKeys.batch("")];
    const [verdict, number, ...each] = await this.#redis.answered(
      this.#redis.redis.takeBatch(...keys, ...values, ...prefixes, LOST, CANCELLED, JOB_EVENTS),
    );
    if (verdict === "WAIT") return { waitMs: number < 0 ? null : number };
    return { held: { function: name, token, requestId, messages: messagesOf(each), recovered: number } };
  }

  /** Keeps the leases of batches that run. @throws FnError QUEUE_UNAVAILABLE */
  async extend(held: readonly HeldBatch[]): Promise<void> {
    this.#redis.refuseWhileAway();
    const byName = Map.groupBy(held, (batch) => batch.function);
    await this.#redis.answered(
      Promise.all(
        Array.from(byName, ([name, batches]) =>
          this.#redis.redis.extendBatches(jobKeys.batches(name), LOCK_MS, ...batches.map(({ token }) => token)),
        ),
      ),
    );
  }

  /** The end of a batch, for all its messages at once. @returns for how many it counted: the others are in another's hands by now */
  async settle({ function: name, token }: HeldBatch, verdicts: readonly MessageVerdict[]): Promise<number> {
    this.#redis.refuseWhileAway();
    const keys = [
      ...[jobKeys.messages(name), jobKeys.messagesAlone(name), jobKeys.batches(name), jobKeys.batch(token), jobKeys.messagesDue],
      ...[jobKeys.settledMessages, jobKeys.dead(name), jobKeys.deadFunctions, jobKeys.deadCount],
    ];
    const each = verdicts.flatMap(({ message, kind, attempt, reason, delayMs, alone }) => [
      ...[message.job.id, kind, message.number, JSON.stringify(attempt)],
      ...[reason ?? "", Math.round(delayMs), alone ? "1" : ""],
    ]);
    return await this.#redis.answered(
      this.#redis.redis.settleBatch(...keys, name, token, JOB_EVENTS, jobKeys.invocation(""), ATTEMPTS_KEPT, CANCELLED, ...each),
    );
  }
}

/** Four values a message: id, number, base, job. */
function messagesOf(flat: (string | number)[]): HeldMessage[] {
  return Array.from({ length: flat.length / 4 }, (_, at) => {
    const [, number, base, job] = flat.slice(4 * at, 4 * at + 4);
    return { job: Job.parse(JSON.parse(String(job))), number: Number(number), base: Number(base) };
  });
}
