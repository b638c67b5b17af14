import { createHmac, randomBytes } from "node:crypto";
import { FnError, Job, MAX_REQUEST_BYTES, type JobQueue, type NewJob } from "@zygo/contracts";
import { requestPayload, storeBody } from "./bodies.ts";
import { checkRedis, Durability, type DurabilityTier } from "./durability.ts";
import { Idempotency } from "./idempotency.ts";
import { InvocationRecords } from "./invocation-records.ts";
import { JobAcceptor } from "./job-acceptor.ts";
import { JobEvents } from "./job-events.ts";
import { DISK_ANSWER_MS, JobRedis } from "./job-redis.ts";
import { JobSource } from "./job-source.ts";
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
  readonly #given: AsyncLaneOptions;
  readonly #accepting: JobRedis;
  readonly #working: JobRedis;
  readonly #acceptor: JobAcceptor;
  #events: JobEvents | undefined;

  constructor(given: AsyncLaneOptions) {
    this.#given = given;
    this.#accepting = new JobRedis(given.url, DISK_ANSWER_MS);
    this.#working = new JobRedis(given.url);
    this.#acceptor = new JobAcceptor(this.#accepting, new Durability(given.durability ?? "fsync"));
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
    const whole = await this.#complete(job);
    const verdict = await this.#acceptor.accept(whole, fingerprint);
    if (verdict === "OTHER") throw new FnError("IDEMPOTENCY_KEY_REUSED");
    return { id: whole.id, duplicate: verdict === "KNOWN" };
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

  async #complete(job: NewJob): Promise<Job> {
    const id = this.#idOf(job);
    const nowMs = Date.now();
    const parsed = Job.safeParse({
      id,
      function: job.function,
      ref: job.ref ?? null,
      trigger: job.trigger ?? "async",
      deliver: job.deliver ?? "fetch",
      method: job.method ?? "POST",
      url: job.url,
      headers: job.headers ?? [],
      body: await storeBody(this.#given.payloads, requestPayload(id), job.body ?? Buffer.alloc(0)),
      retry: job.retry ?? {},
      priority: job.priority ?? 0,
      acceptedMs: nowMs,
      runAtMs: Math.max(nowMs, job.runAtMs ?? nowMs + (job.delayMs ?? 0)),
      delayMs: job.delayMs ?? null,
      onSuccess: job.onSuccess ?? null,
      onFailure: job.onFailure ?? null,
      parent: job.parent ?? null,
      post: job.post ?? null,
    });
    if (!parsed.success) throw new FnError("INVALID_REQUEST", "The job is malformed.", { cause: parsed.error });
    return parsed.data;
  }

  #idOf({ function: name, dedupeKey }: NewJob): string {
    if (dedupeKey === undefined) return randomBytes(18).toString("base64url");
    return createHmac("sha256", this.#given.secret).update(`${name}\0${dedupeKey}`).digest("base64url").slice(0, 32);
  }
}
