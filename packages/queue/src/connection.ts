import { redisOptions } from "@zygo/contracts";
import { Redis, type RedisOptions } from "ioredis";

const LONGEST_RETRY_MS = 250;
/** How long a connection that is given up may take to say goodbye, milliseconds. */
const GOODBYE_MS = 100;

/**
 * A connection that reconnects for ever by itself. A command given while it is down fails at once; one that was under way when it
 * broke fails and is never sent again: an invocation runs at most once. With `commandTimeout`, so does one that got no answer by then.
 */
export function connect(url: string, given: Pick<RedisOptions, "connectTimeout" | "commandTimeout" | "scripts">): Redis {
  const redis = new Redis({
    ...redisOptions(url),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    ...given,
    disconnectTimeout: GOODBYE_MS,
    retryStrategy: (attempt) => Math.min(attempt * 25, LONGEST_RETRY_MS),
  });
  // Each failed command tells its caller; without a listener ioredis prints every failed reconnect.
  redis.on("error", () => {});
  return redis;
}

/** Drops a connection that is up but does not answer; it is then made anew. Nothing happens while it is being made anew. */
export function reconnect(redis: Redis): void {
  if (redis.status === "ready") redis.disconnect(true);
}
