import { LogLine } from "@zygo/contracts";
import { problemOf } from "./answer.ts";
import { ApiError, unreachable } from "./api-error.ts";
import { functionPath } from "./paths.ts";
import type { Transport } from "./transport.ts";

const READ_MS = 15_000;
/** A longer line is no log line, UTF-16 units. */
const LONGEST_LINE = 2 * 1024 * 1024;

export interface LogRange {
  /** Position of the last line already seen. Without it: the last `limit` lines. */
  after?: string | undefined;
  limit?: number | undefined;
  /** Go on with lines as they come, until the signal aborts. */
  follow?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Lines of one function. @throws ApiError; the signal's reason when it aborts before the answer has begun. */
export async function* readLogs(admin: Transport, base: URL, name: string, range: LogRange): AsyncGenerator<LogLine, void, undefined> {
  const { signal, follow = false } = range;
  const headers = new Headers({ accept: "application/x-ndjson" });
  const response = await admin.send({ path: logPath(name, range), headers, signal, deadlineMs: follow ? undefined : READ_MS });
  if (!response.ok || response.body === null) throw problemOf({ response, text: await response.text().catch(() => "") });
  try {
    yield* parseLines(response.body);
  } catch (cause) {
    if (signal?.aborted) return;
    throw cause instanceof ApiError ? cause : unreachable(base.origin, cause);
  }
}

function logPath(name: string, { after, limit, follow }: LogRange): string {
  const query = new URLSearchParams();
  if (after !== undefined) query.set("after", after);
  if (limit !== undefined) query.set("limit", String(limit));
  if (follow) query.set("follow", "1");
  return `${functionPath(name)}/logs?${query}`;
}

/** NDJSON as it comes. Blank lines are the server's sign of life. @throws ApiError UNEXPECTED_ANSWER */
export async function* parseLines(body: ReadableStream<Uint8Array>): AsyncGenerator<LogLine, void, undefined> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of body) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    if (pending.length > LONGEST_LINE) throw notALine(undefined);
    for (const line of lines) if (line.trim() !== "") yield parseLine(line);
  }
  if (pending.trim() !== "") yield parseLine(pending);
}

function parseLine(line: string): LogLine {
  try {
    return LogLine.parse(JSON.parse(line));
  } catch (cause) {
    throw notALine(cause);
  }
}

const notALine = (cause: unknown): ApiError =>
  new ApiError("UNEXPECTED_ANSWER", "The server sent something that is no log line.", { cause });
