import { FnError } from "@zygo/contracts";
import { Queue, type RedisQueueBackend } from "bullmq";
import { ReplyError, type Redis } from "ioredis";
import { connect, reconnect } from "./connection.ts";
import { jobKeys } from "./keys.ts";
import { loadScripts } from "./scripts.ts";

/** Below a second: callers are promised their 503 within one. */
const ANSWER_MS = 800;
/** Where commands may wait for the disk (WAITAOF), milliseconds. */
export const DISK_ANSWER_MS = 1800;

/** A job's lock; it is renewed at a third of that. A job of a gateway that died is taken again within LOCK_MS + 2 × STALLED_MS. */
export const LOCK_MS = 5000;
export const STALLED_MS = 2500;
/** Attempts are counted in the record: BullMQ's own bound never is what ends a job. */
const NO_BOUND = 1_000_000;
/** BullMQ's event stream of each queue, which nobody reads. */
const EVENTS_KEPT = 10;

export type Places = Record<"base" | "wait" | "delayed" | "prioritized" | "pc", string>;

/** The connection of the async lane, and BullMQ's queue of each function on it. */
export class JobRedis {
  readonly redis: Redis;
  readonly #root: Queue;
  readonly #queues = new Map<string, RedisQueueBackend>();
  readonly #places = new Map<string, Places>();

  constructor(url: string, answerMs = ANSWER_MS) {
    this.redis = connect(url, { connectTimeout: ANSWER_MS, commandTimeout: answerMs, scripts: loadScripts() });
    const options = { lockDuration: LOCK_MS, stalledInterval: STALLED_MS, maxStalledCount: NO_BOUND };
    this.#root = new Queue("none", { connection: this.redis, prefix: jobKeys.queues, skipMetasUpdate: true, ...options });
    // Each failed command tells its caller.
    this.#root.on("error", () => {});
  }

  /** One function's queue. It shares the connection; nothing is made in Redis. */
  queue(name: string): RedisQueueBackend {
    let queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, (queue = this.#root.getBackend().forQueue(name) as RedisQueueBackend));
    return queue;
  }

  /** BullMQ's keys of one function's queue. `base` is what a job's own key begins with. */
  places(name: string): Places {
    let places = this.#places.get(name);
    if (places === undefined) {
      const { keys } = this.queue(name);
      const keyOf = (kind: string): string => keys[kind] ?? "";
      places = { base: keyOf(""), wait: keyOf("wait"), delayed: keyOf("delayed"), prioritized: keyOf("prioritized"), pc: keyOf("pc") };
      this.#places.set(name, places);
    }
    return places;
  }

  /** How many jobs of a function may be active, over all processes. */
  async limit(name: string, concurrency: number): Promise<void> {
    await this.answered(this.redis.hset(this.queue(name).keys.meta as string, { concurrency, "opts.maxLenEvents": EVENTS_KEPT }));
  }

  /** The client as BullMQ wraps it: its pipelines take BullMQ's commands and ours. @throws FnError QUEUE_UNAVAILABLE while Redis is away */
  async client(): Promise<Awaited<RedisQueueBackend["client"]>> {
    this.refuseWhileAway();
    return await this.#root.getBackend().client;
  }

  /** @throws FnError QUEUE_UNAVAILABLE */
  refuseWhileAway(): void {
    if (this.redis.status !== "ready") throw new FnError("QUEUE_UNAVAILABLE");
  }

  /** Awaits a command. @throws FnError QUEUE_UNAVAILABLE */
  async answered<T>(command: Promise<T>): Promise<T> {
    try {
      return await command;
    } catch (cause) {
      if (!(cause instanceof ReplyError)) reconnect(this.redis);
      throw new FnError("QUEUE_UNAVAILABLE", undefined, { cause });
    }
  }

  close(): void {
    this.redis.disconnect();
    void this.#root.close().catch(() => {});
  }
}
