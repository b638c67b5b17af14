import type { Payloads } from "@zygo/artifacts";
import { FnError, InvocationId, type QueueNumbers, type Quotas } from "@zygo/contracts";
import type { AsyncLane, HeldAttempt, InvocationRecord } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { Facts } from "../facts.ts";
import type { Launcher } from "../launch.ts";
import type { Routes } from "../routes.ts";
import { Acceptance } from "./acceptance.ts";
import type { AwaitedReceipts } from "./awaited-receipts.ts";
import { Attempts } from "./attempts.ts";
import { BatchWork, type TakenBatch } from "../batches/batch-work.ts";
import { Consumer } from "./consumer.ts";
import { Destinations } from "./destinations.ts";
import { JobWork } from "./job-work.ts";
import { Housekeeping, type Retention } from "./housekeeping.ts";
import { Once } from "./once.ts";
import { Poster, type SecretOf } from "./poster.ts";
import { Settled } from "./settled.ts";

export interface JobsOptions {
  lane: AsyncLane;
  payloads: Payloads;
  routes: Routes;
  /** How an invocation is run over the sync lane. */
  launch: Launcher;
  quotasOf: (name: string) => Promise<Quotas>;
  record: (facts: Facts) => void;
  receipts: AwaitedReceipts;
  /** Attempts at a time. */
  slots: number;
  /** Batches of messages at a time: others, so that neither waits for the other. */
  batchSlots: number;
  allowPrivateDestinations: boolean;
  /** A sealed secret of a function or its tenant, to sign results with; null: there is none. @throws FnError */
  secretOf: SecretOf;
  retention: Retention;
  log: Log;
}

/** The gateway's part of the async lane: accepting jobs, running them, showing what became of them. */
export class Jobs {
  readonly acceptance: Acceptance;
  readonly settled: Settled;
  readonly #lane: AsyncLane;
  readonly #housekeeping: Housekeeping;
  readonly #attempts: Consumer<HeldAttempt>;
  readonly #batches: Consumer<TakenBatch>;

  constructor(given: JobsOptions) {
    const { lane, payloads, launch, log } = given;
    this.#lane = lane;
    this.settled = new Settled(lane, payloads);
    this.acceptance = new Acceptance(lane, this.settled, new Once(lane, payloads, launch));
    const attempts = new Attempts({
      ...given,
      poster: new Poster({ allowPrivate: given.allowPrivateDestinations, secretOf: given.secretOf }),
    });
    const destinations = new Destinations({ lane, settled: this.settled, log });
    const work = { ...given, attempts, destinations };
    const { events } = lane;
    this.#attempts = new Consumer(new JobWork(work), { events, slots: given.slots, log });
    this.#batches = new Consumer(new BatchWork(work), { events, slots: given.batchSlots, log });
    this.#housekeeping = new Housekeeping(given);
  }

  /** Attempts and batches. */
  get running(): number {
    return this.#attempts.running + this.#batches.running;
  }

  /** The record that a caller asks for. @throws FnError NOT_FOUND, QUEUE_UNAVAILABLE */
  async find(id: string, waitMs: number, signal: AbortSignal): Promise<InvocationRecord> {
    if (!InvocationId.safeParse(id).success) throw noInvocation();
    const settled = waitMs > 0 ? await this.settled.wait(id, { waitMs, signal }) : null;
    const record = settled ?? (await this.#lane.records.find(id));
    if (record === null) throw noInvocation();
    return record;
  }

  /** @throws FnError NOT_FOUND, CONFLICT when it is settled already, QUEUE_UNAVAILABLE */
  async cancel(id: string): Promise<void> {
    const { job } = await this.find(id, 0, AbortSignal.abort());
    const before = await this.#lane.records.cancel(job, Date.now());
    if (before !== "queued" && before !== "retrying" && before !== "running")
      throw new FnError("CONFLICT", `The invocation has ${before ?? "gone"} already.`);
  }

  /** For `/metrics`: what Redis does not tell is left out. */
  async deadCounts(): Promise<{ name: string; now: number; ever: number }[]> {
    return await this.#lane.records.deadCounts().catch(() => []);
  }

  /** Likewise: the messages of functions that have some. */
  async queues(): Promise<{ name: string; numbers: QueueNumbers }[]> {
    const { messages } = this.#lane;
    try {
      return await Promise.all((await messages.names()).map(async (name) => ({ name, numbers: await messages.numbers(name) })));
    } catch {
      return [];
    }
  }

  async stop(drainMs: number): Promise<void> {
    this.#housekeeping.stop();
    await Promise.all([this.#attempts.stop(drainMs), this.#batches.stop(drainMs)]);
  }
}

const noInvocation = (): FnError => new FnError("NOT_FOUND", "There is no such invocation; its record may have been removed.");
