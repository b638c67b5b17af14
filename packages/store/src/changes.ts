import type { Redis } from "ioredis";
import { connectWaiter } from "./connection.ts";
import { CHANGED_CHANNEL } from "./keys.ts";

/** Name of a function whose record changed; null: messages may have been missed, forget everything. */
export type ChangeListener = (name: string | null) => void;

export interface Changes {
  /**
   * Calls back on every change of a function's record. Also with null: when the subscription starts, when its connection is lost
   * and when it is back. @returns a function that stops the calls.
   */
  onChanged(listener: ChangeListener): () => void;
  close(): void;
}

/** One subscription for all listeners, opened with the first of them. */
export function createChanges(url: string): Changes {
  const listeners = new Set<ChangeListener>();
  const tell: ChangeListener = (name) => {
    for (const listener of listeners) listener(name);
  };
  let subscriber: Redis | undefined;
  return {
    onChanged(listener) {
      listeners.add(listener);
      if (subscriber === undefined) subscriber = subscribe(url, tell);
      return () => void listeners.delete(listener);
    },
    close() {
      listeners.clear();
      subscriber?.disconnect();
    },
  };
}

function subscribe(url: string, tell: ChangeListener): Redis {
  const redis = connectWaiter(url);
  let subscribed = false;
  redis.on("ready", () => {
    // Told only when Redis has confirmed: a change before that would be missed by a listener that has already read anew.
    redis.subscribe(CHANGED_CHANNEL).then(
      () => {
        subscribed = true;
        tell(null);
      },
      () => redis.disconnect(true),
    );
  });
  redis.on("close", () => {
    if (subscribed) tell(null);
    subscribed = false;
  });
  redis.on("message", (_channel, name) => tell(name));
  return redis;
}
