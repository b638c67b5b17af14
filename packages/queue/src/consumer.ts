import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { ReplyError, type Redis } from "ioredis";
import { connect, reconnect } from "./connection.ts";
import { SYNC_KEY } from "./keys.ts";

/** How long Redis keeps a pop waiting, seconds. */
const BLOCK_S = 1;
/** A pop that is not answered by then is on a connection that is up but dead. */
const WATCHDOG_MS = BLOCK_S * 1000 + 1500;
/** A process that was held up finds its timers due and the answer unread: it reads first. */
const READ_MS = 250;
/** Pause after a pop that failed, so that a caller's loop does not spin. */
const PAUSE_MS = 100;

/** The side of the sync lane that takes out, on a connection of its own, since a blocked one can do nothing else. */
export class Consumer {
  readonly #redis: Redis;
  readonly #unblock: (clientId: number) => Promise<void>;
  #clientId: number | undefined;

  constructor(url: string, unblock: (clientId: number) => Promise<void>) {
    this.#unblock = unblock;
    this.#redis = connect(url, { connectTimeout: WATCHDOG_MS });
    this.#redis.on("ready", () => void this.#learnId());
  }

  /** Up to `max` envelopes, the oldest first; none when there were none for a second, while Redis is away, or when aborted. */
  async take(max: number, signal: AbortSignal): Promise<Buffer[]> {
    if (signal.aborted) return [];
    if (this.#redis.status !== "ready" && !(await this.#ready(signal))) return [];
    const stop = (): void => void (this.#clientId === undefined || this.#unblock(this.#clientId));
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await this.#pop(max);
    } catch (error) {
      if (!(error instanceof ReplyError)) reconnect(this.#redis);
      return await this.#pause(signal);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** Fails when the connection breaks, which it is made to when no answer comes. What was popped is never given up while it may be here. */
  async #pop(max: number): Promise<Buffer[]> {
    const giveUp = (): void => reconnect(this.#redis);
    let watchdog = setTimeout(() => (watchdog = setTimeout(giveUp, READ_MS)), WATCHDOG_MS);
    try {
      const popped = await this.#redis.blmpopBuffer(BLOCK_S, 1, SYNC_KEY, "RIGHT", "COUNT", max);
      return popped?.[1] ?? [];
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** Waits for the connection for as long as for a pop. */
  async #ready(signal: AbortSignal): Promise<boolean> {
    const enough = AbortSignal.any([signal, AbortSignal.timeout(BLOCK_S * 1000)]);
    return await once(this.#redis, "ready", { signal: enough }).then(
      () => true,
      () => false,
    );
  }

  async #pause(signal: AbortSignal): Promise<Buffer[]> {
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    return [];
  }

  async #learnId(): Promise<void> {
    this.#clientId = undefined;
    this.#clientId = await this.#redis.client("ID").catch(() => undefined);
  }
}
