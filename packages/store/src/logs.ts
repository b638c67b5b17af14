import { setTimeout as sleep } from "node:timers/promises";
import { LogLine } from "@zygo/contracts";
import type { Redis } from "ioredis";
import { answered, connectWaiter } from "./connection.ts";
import { keys } from "./keys.ts";

/** Lines kept of each function, about. */
const KEEP_LINES = 10_000;
/** And bytes of their JSON: a line may have 32 KiB. */
export const KEEP_LOG_BYTES = 8 * 1024 * 1024;
const READ_BATCH = 500;
/** How long one blocking read waits, milliseconds: bounds the life of a follower whose Redis vanished without a word. */
const BLOCK_MS = 5_000;
const RETRY_MS = 250;
/** Before every line. */
export const LOG_START = "0-0";

/** A line before the store gave it its position. */
export const LogEntry = LogLine.omit({ id: true });
export type LogEntry = Omit<LogLine, "id">;

export interface Logs {
  /** One round trip for all of them, in order. The oldest go when there are more than 10,000 lines or 8 MiB. No lines: nothing happens. */
  appendLogs(name: string, lines: readonly LogEntry[]): Promise<void>;
  /** Oldest first: the first `limit` lines behind the position `after`, or without it the last `limit` lines. */
  readLogs(name: string, range?: { after?: string | undefined; limit?: number | undefined }): Promise<LogLine[]>;
  /**
   * Lines as they come, behind `after` or, without it, from now on. On a connection of its own, which it renews when Redis goes
   * away; no line is skipped or repeated by that. Ends, without an error, when the signal aborts or the loop is left.
   */
  followLogs(name: string, options: { after?: string | undefined; signal: AbortSignal }): AsyncGenerator<LogLine, void, undefined>;
}

export function createLogs(redis: Redis, url: string): Logs {
  return {
    async appendLogs(name, lines) {
      if (lines.length === 0) return;
      const texts = lines.map((line) => JSON.stringify(line));
      await answered(redis.appendLogs(keys.logs(name), KEEP_LINES, KEEP_LOG_BYTES, ...texts));
    },
    async readLogs(name, { after, limit = READ_BATCH } = {}) {
      if (after !== undefined) return parseEntries(await answered(redis.xrange(keys.logs(name), `(${after}`, "+", "COUNT", limit)));
      const newestFirst = await answered(redis.xrevrange(keys.logs(name), "+", "-", "COUNT", limit));
      return parseEntries(newestFirst.reverse());
    },
    async *followLogs(name, { after, signal }) {
      let position = after ?? (await lastPosition(redis, name));
      const waiter = connectWaiter(url);
      const stop = (): void => waiter.disconnect();
      signal.addEventListener("abort", stop);
      try {
        while (!signal.aborted) {
          for (const line of await nextLines(waiter, name, position, signal)) {
            yield line;
            position = line.id;
          }
        }
      } finally {
        signal.removeEventListener("abort", stop);
        stop();
      }
    },
  };
}

async function lastPosition(redis: Redis, name: string): Promise<string> {
  const [last] = await answered(redis.xrevrange(keys.logs(name), "+", "-", "COUNT", 1));
  return last?.[0] ?? LOG_START;
}

async function nextLines(waiter: Redis, name: string, position: string, signal: AbortSignal): Promise<LogLine[]> {
  try {
    const streams = await waiter.xread("COUNT", READ_BATCH, "BLOCK", BLOCK_MS, "STREAMS", keys.logs(name), position);
    return parseEntries(streams?.[0]?.[1] ?? []);
  } catch {
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    return [];
  }
}

/** A line that is damaged is left out: it must not hide the others. */
function parseEntries(entries: [id: string, fields: string[]][]): LogLine[] {
  return entries.flatMap(([id, [, json]]) => {
    const parsed = LogLine.safeParse({ ...parseObject(json), id });
    return parsed.success ? [parsed.data] : [];
  });
}

function parseObject(json: string | undefined): object {
  try {
    const value: unknown = JSON.parse(json ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
