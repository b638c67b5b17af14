import { FnError, redisOptions } from "@zygo/contracts";
import { Redis, ReplyError, type RedisOptions } from "ioredis";
import { loadScripts } from "./scripts.ts";

/** A command that got no answer by then fails, milliseconds. Well below a second: callers are promised a 503 within one. */
const COMMAND_TIMEOUT_MS = 700;
const LONGEST_RETRY_MS = 250;

/** Server-side refusals that pass by themselves or need an operator, first word of the reply. @source redis.io, RESP errors */
const UNAVAILABLE_REPLIES = new Set(["LOADING", "OOM", "MISCONF", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOAUTH", "WRONGPASS"]);

/**
 * A connection for commands. It reconnects for ever; a command fails at the first failed attempt after it was given, and one
 * that was under way when the connection broke is never sent twice.
 */
export function connect(url: string): Redis {
  return open(url, { commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 0, enableAutoPipelining: true, scripts: loadScripts() });
}

/** A connection for one waiter: a subscription or a blocking read, which commandTimeout would end. */
export function connectWaiter(url: string): Redis {
  return open(url, { maxRetriesPerRequest: 0, autoResubscribe: false });
}

function open(url: string, options: Omit<RedisOptions, "replyMapping">): Redis {
  const redis = new Redis({
    ...redisOptions(url),
    connectTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * 25, LONGEST_RETRY_MS),
    autoResendUnfulfilledCommands: false,
    ...options,
  });
  // Each failed command tells its caller; without a listener ioredis prints every failed reconnect.
  redis.on("error", () => {});
  return redis;
}

/** Awaits a Redis command. @throws FnError QUEUE_UNAVAILABLE when Redis is away, INTERNAL when it refused the command. */
export async function answered<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (cause) {
    throw toFnError(cause);
  }
}

export function toFnError(cause: unknown): FnError {
  const refused = cause instanceof ReplyError && !UNAVAILABLE_REPLIES.has((cause as Error).message.split(" ", 1)[0] ?? "");
  return refused ? new FnError("INTERNAL", undefined, { cause }) : new FnError("QUEUE_UNAVAILABLE", undefined, { cause });
}
