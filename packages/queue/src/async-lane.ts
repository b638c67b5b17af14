import { createHmac } from "node:crypto";
import { FnError, MAX_REQUEST_BYTES, type JobQueue, type NewJob } from "@zygo/contracts";
import { BatchSource } from "./batch-source.ts";
import { completeJob, randomId } from "./complete-job.ts";
import { checkRedis, Durability, type DurabilityTier } from "./durability.ts";
import { Idempotency } from "./idempotency.ts";
import { InvocationRecords } from "./invocation-records.ts";
import { JobAcceptor } from "./job-acceptor.ts";
import { JobEvents } from "./job-events.ts";
import { DISK_ANSWER_MS, JobRedis } from "./job-redis.ts";
import { JobSource } from "./job-source.ts";
import { MessageQueue } from "./message-queue.ts";
import type { PayloadStore } from "./payloads.ts";

export interface AsyncLaneOptions {
  /** As `redisOptions` of contracts takes it. */
  url: string;
  /** Default `fsync`. */
  durability?: DurabilityTier;
  payloads: PayloadStore;
  /** Keys the ids of jobs with a `dedupeKey`, which must not be guessed either. */
  secret: string;
}

/**
 * The async lane: jobs that run at least once, in BullMQ. A job is in Redis, durably, before `enqueue` resolves. It connects in the
 * background and reconnects for ever; every call throws FnError QUEUE_UNAVAILABLE while Redis is away.
 */
export class AsyncLane implements JobQueue {
  readonly records: InvocationRecords;
  readonly source: JobSource;
  readonly idempotency: Idempotency;
  readonly messages: MessageQueue;
  readonly batches: BatchSource;
  readonly #given: AsyncLaneOptions;
  readonly #accepting: JobRedis;
  readonly #working: JobRedis;
  readonly #acceptor: JobAcceptor;
  #events: JobEvents | undefined;

  constructor(given: AsyncLaneOptions) {
    this.#given = given;
    this.#accepting = new JobRedis(given.url, DISK_ANSWER_MS);
    this.#working = new JobRedis(given.url);
    const durability = new Durability(given.durability ?? "fsync");
    this.#acceptor = new JobAcceptor(this.#accepting, durability);
    this.messages = new MessageQueue({ accepting: this.#accepting, working: this.#working, durability, payloads: given.payloads });
    this.batches = new BatchSource(this.#working);
    this.records = new InvocationRecords(this.#working);
    this.source = new JobSource(this.#working);
    this.idempotency = new Idempotency(this.#working);
  }

  get events(): JobEvents {
    return (this.#events ??= new JobEvents(this.#given.url));
  }

  /**
   * @param fingerprint of the request, for a job with a `dedupeKey`: another request with the same key is refused.
   * @throws FnError QUEUE_UNAVAILABLE, PAYLOAD_TOO_LARGE, IDEMPOTENCY_KEY_REUSED, INVALID_REQUEST when the job is malformed
   */
  async enqueue(job: NewJob, fingerprint = ""): Promise<{ id: string; duplicate: boolean }> {
    if ((job.body?.byteLength ?? 0) > MAX_REQUEST_BYTES) throw new FnError("PAYLOAD_TOO_LARGE");
    this.#accepting.refuseWhileAway();
    const whole = await completeJob(this.#given.payloads, this.#idOf(job), job);
    // A message that is replayed: it waits with the others.
    if (whole.deliver === "queue") return { id: await this.messages.accept(whole), duplicate: false };
    const verdict = await this.#acceptor.accept(whole, fingerprint);
    if (verdict === "OTHER") throw new FnError("IDEMPOTENCY_KEY_REUSED");
    return { id: whole.id, duplicate: verdict === "KNOWN" };
  }

  /** Cancels all jobs and messages of a function: what waits ends with that reason, what runs is told, and does not come again. */
  async endAll(name: string, reason: string): Promise<void> {
    await this.records.cancelAll(name, reason);
    await this.messages.cancelAll(name, reason);
    await this.messages.pause(name, false);
  }

  /** What is wrong with how this Redis keeps data, one sentence each. @throws FnError QUEUE_UNAVAILABLE */
  async check(): Promise<string[]> {
    this.#working.refuseWhileAway();
    return await checkRedis(this.#working.redis, this.#given.durability ?? "fsync");
  }

  /** Ends the connections; calls under way fail. */
  close(): void {
    this.#accepting.close();
    this.#working.close();
    this.#events?.close();
  }

  #idOf({ function: name, dedupeKey }: NewJob): string {
    if (dedupeKey === undefined) return randomId();
    return createHmac("sha256", this.#given.secret).update(`${name}\0${dedupeKey}`).digest("base64url").slice(0, 32);
  }
}
