import { createChanges, type Changes } from "./changes.ts";
import { answered, connect } from "./connection.ts";
import { createFunctions, type Functions } from "./functions.ts";
import { createKeyHashes, type KeyHashes } from "./key-hashes.ts";
import { createLogs, type Logs } from "./logs.ts";
import { createWorkers, type Workers } from "./workers.ts";

/**
 * The platform's state in Redis. Every call throws FnError QUEUE_UNAVAILABLE within a second while Redis is away, works again
 * once it is back, and throws FnError INTERNAL when a stored record is damaged.
 */
export interface Store extends Functions, Logs, Workers, KeyHashes, Pick<Changes, "onChanged"> {
  /** Throws when Redis is away: for readiness. */
  ping(): Promise<void>;
  /** Ends the connections. Calls under way fail. Twice is fine. */
  close(): void;
}

/** Connects in the background; `url` as `redisOptions` of contracts takes it. */
export function createStore({ url, now = Date.now }: { url: string; now?: () => number }): Store {
  const redis = connect(url);
  const changes = createChanges(url);
  return {
    ...createFunctions(redis, now),
    ...createLogs(redis, url),
    ...createWorkers(redis, now),
    ...createKeyHashes(redis, now),
    onChanged: (listener) => changes.onChanged(listener),
    ping: async () => void (await answered(redis.ping())),
    close: () => {
      changes.close();
      redis.disconnect();
    },
  };
}
