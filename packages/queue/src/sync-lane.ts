import { Consumer } from "./consumer.ts";
import { Producer } from "./producer.ts";

/**
 * The sync lane: invocations whose callers wait, first in first out. What was taken is gone from Redis: at most once.
 * It connects in the background, reconnects for ever, and works again by itself once Redis is back.
 */
export class SyncLane {
  readonly #url: string;
  readonly #producer: Producer;
  #consumer: Consumer | undefined;

  /** @param options.url as `redisOptions` of contracts takes it. */
  constructor({ url }: { url: string }) {
    this.#url = url;
    this.#producer = new Producer(url);
  }

  /** Resolves once the envelope is in Redis. @throws FnError QUEUE_UNAVAILABLE at once while Redis is away, within a second when it hangs. */
  enqueue(envelope: Buffer): Promise<void> {
    return this.#producer.enqueue(envelope);
  }

  /**
   * Up to `max` envelopes, the oldest first, as soon as there is one. None when there were none for a second or when Redis is away:
   * call again. Never rejects. An abort ends the wait and loses nothing: what was already popped is returned. One call at a time:
   * a second one waits behind the first.
   */
  take(max: number, signal: AbortSignal): Promise<Buffer[]> {
    this.#consumer ??= new Consumer(this.#url, (clientId) => this.#producer.unblock(clientId));
    return this.#consumer.take(max, signal);
  }

  /** Takes back what no worker has taken yet; best effort. False: it was taken, or Redis could not be asked. Never rejects. */
  remove(envelope: Buffer): Promise<boolean> {
    return this.#producer.remove(envelope);
  }

  /** Whether no worker has taken it yet. @throws FnError QUEUE_UNAVAILABLE */
  holds(envelope: Buffer): Promise<boolean> {
    return this.#producer.holds(envelope);
  }

  /** How many wait. @throws FnError QUEUE_UNAVAILABLE within a second: it serves as a readiness check too. */
  depth(): Promise<number> {
    return this.#producer.depth();
  }

  /** Ends the connections; calls under way fail or return none. Twice is fine. */
  close(): void {
    this.#producer.close();
    this.#consumer?.close();
  }
}
