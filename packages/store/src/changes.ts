import type { Redis } from "ioredis";
import { connectWaiter } from "./connection.ts";
import { ACCESS_CHANNEL, CHANGED_CHANNEL } from "./keys.ts";

/** Name of a function whose record changed; null: messages may have been missed, forget everything. */
export type ChangeListener = (name: string | null) => void;

/** Keys, tenants and secrets: `operator`, `key <id>`, `tenant <name>` or `secrets <tenant>`; null: messages may have been missed. */
export type AccessListener = (changed: string | null) => void;

export interface Changes {
  /**
   * Calls back on every change of a function's record. Also with null: when the subscription starts, when its connection is lost
   * and when it is back. @returns a function that stops the calls.
   */
  onChanged(listener: ChangeListener): () => void;
  /** The same for who may do what. */
  onAccessChanged(listener: AccessListener): () => void;
  close(): void;
}

type Channel = typeof ACCESS_CHANNEL | typeof CHANGED_CHANNEL;

/** One subscription for all listeners, opened with the first of them. */
export function createChanges(url: string): Changes {
  const listeners: Record<Channel, Set<ChangeListener>> = { [CHANGED_CHANNEL]: new Set(), [ACCESS_CHANNEL]: new Set() };
  const tell = (channel: Channel | null, message: string | null): void => {
    const told = channel === null ? Object.values(listeners) : [listeners[channel]];
    for (const set of told) for (const listener of set) listener(message);
  };
  let subscriber: Redis | undefined;
  const add = (channel: Channel, listener: ChangeListener): (() => void) => {
    listeners[channel].add(listener);
    subscriber ??= subscribe(url, tell);
    return () => void listeners[channel].delete(listener);
  };
  return {
    onChanged: (listener) => add(CHANGED_CHANNEL, listener),
    onAccessChanged: (listener) => add(ACCESS_CHANNEL, listener),
    close() {
      for (const set of Object.values(listeners)) set.clear();
      subscriber?.disconnect();
    },
  };
}

function subscribe(url: string, tell: (channel: Channel | null, message: string | null) => void): Redis {
  const redis = connectWaiter(url);
  let subscribed = false;
  redis.on("ready", () => {
    // Told only when Redis has confirmed: a change before that would be missed by a listener that has already read anew.
    redis.subscribe(CHANGED_CHANNEL, ACCESS_CHANNEL).then(
      () => {
        subscribed = true;
        tell(null, null);
      },
      () => redis.disconnect(true),
    );
  });
  redis.on("close", () => {
    if (subscribed) tell(null, null);
    subscribed = false;
  });
  redis.on("message", (channel, message) => tell(channel as Channel, message));
  return redis;
}
