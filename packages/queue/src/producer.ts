import { FnError } from "@zygo/contracts";
import { ReplyError, type Redis } from "ioredis";
import { connect, reconnect } from "./connection.ts";
import { SYNC_KEY } from "./keys.ts";

/** Below a second: callers are promised their 503 within one. */
const ANSWER_MS = 800;

/** Envelopes that share one LPUSH, and the promise that their senders share. */
class Batch {
  readonly envelopes: Buffer[] = [];
  readonly pushed: Promise<void>;
  readonly settle: { resolve: () => void; reject: (error: FnError) => void };

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.pushed = promise;
    this.settle = { resolve, reject };
  }
}

/** The side of the sync lane that puts in. All that is given in one turn of the event loop goes out as one command. */
export class Producer {
  readonly #redis: Redis;
  #batch: Batch | undefined;

  constructor(url: string) {
    this.#redis = connect(url, { connectTimeout: ANSWER_MS, commandTimeout: ANSWER_MS });
  }

  /** @throws FnError QUEUE_UNAVAILABLE at once while Redis is away, within a second when it hangs. */
  enqueue(envelope: Buffer): Promise<void> {
    if (this.#redis.status !== "ready") return Promise.reject(new FnError("QUEUE_UNAVAILABLE"));
    if (this.#batch === undefined) {
      this.#batch = new Batch();
      // After the poll phase: every request whose bytes came in this turn has been read by then.
      setImmediate(() => void this.#flush());
    }
    this.#batch.envelopes.push(envelope);
    return this.#batch.pushed;
  }

  /** @throws FnError QUEUE_UNAVAILABLE */
  async depth(): Promise<number> {
    return await this.#answered(this.#redis.llen(SYNC_KEY));
  }

  /** Whether it waits; the oldest are found first. @throws FnError QUEUE_UNAVAILABLE */
  async holds(envelope: Buffer): Promise<boolean> {
    return (await this.#answered(this.#redis.lpos(SYNC_KEY, envelope, "RANK", -1))) !== null;
  }

  /** False: it was no longer there, or Redis could not be asked. */
  async remove(envelope: Buffer): Promise<boolean> {
    try {
      // From the tail, where the oldest wait.
      return (await this.#redis.lrem(SYNC_KEY, -1, envelope)) > 0;
    } catch {
      return false;
    }
  }

  /** Ends the wait of a blocked client, without losing what Redis may have given it already. */
  async unblock(clientId: number): Promise<void> {
    await this.#redis.client("UNBLOCK", clientId).catch(() => {});
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined) return;
    try {
      await this.#answered(this.#redis.lpush(SYNC_KEY, ...batch.envelopes), batch.envelopes);
      batch.settle.resolve();
    } catch (error) {
      batch.settle.reject(error as FnError);
    }
  }

  /** An unanswered push may yet happen: what it put in is taken out again behind it, on the same connection, before that is given up. */
  async #answered<T>(command: Promise<T>, pushed: Buffer[] = []): Promise<T> {
    try {
      return await command;
    } catch (cause) {
      if (!(cause instanceof ReplyError)) {
        for (const envelope of pushed) void this.remove(envelope);
        reconnect(this.#redis);
      }
      throw new FnError("QUEUE_UNAVAILABLE", undefined, { cause });
    }
  }
}
