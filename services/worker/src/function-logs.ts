import { shortVersion, type FnError } from "@zygo/contracts";
import type { LogEntry } from "@zygo/store";
import type { Invocation } from "./invocation.ts";
import type { Log } from "@zygo/service";
import { LineQueue } from "./line-queue.ts";
import type { PeerFailure, PeerLog } from "./peer.ts";
import type { Started } from "./starter.ts";

const FLUSH_MS = 50;
const BATCH_LINES = 100;

/** What functions print and what the platform says of them, on its way to the store. Never throws, never waits. */
export class FunctionLogs {
  readonly #append: (name: string, lines: readonly LogEntry[]) => Promise<void>;
  readonly #log: Log;
  readonly #queues = new Map<string, LineQueue>();
  readonly #writing = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(append: (name: string, lines: readonly LogEntry[]) => Promise<void>, log: Log) {
    this.#append = append;
    this.#log = log;
  }

  add(name: string, digest: string, line: PeerLog, requestId: string | undefined): void {
    const { time, level, message, fields } = line;
    this.#push(name, { time, level, message, requestId: requestId ?? null, version: shortVersion(digest), ...(fields && { fields }) });
  }

  /** A handler's failure, with the stack that its caller does not see. */
  failure(name: string, digest: string, failure: PeerFailure, requestId: string): void {
    const { code, detail, error } = failure;
    const message = error?.stack ?? (error === undefined ? detail : `${error.name}: ${error.message}`);
    this.#platform(name, digest, requestId, "error", message, { code });
  }

  startFailure(name: string, digest: string, failure: FnError, requestId: string | null): void {
    const cause = failure.cause as { stack?: string; message?: string } | undefined;
    if (failure.code === "INTERNAL") this.#log.error("start failed", { function: name, requestId, error: failure });
    const message = failure.code === "INTERNAL" ? failure.message : (cause?.stack ?? failure.message);
    this.#platform(name, digest, requestId, "error", message, { code: failure.code });
  }

  /** Notes why the platform ended an invocation, unless its function did, or a start that failed and was noted. */
  ended({ head, outcome, seat }: Invocation): void {
    const { verdict } = outcome;
    if (verdict === undefined || (seat === undefined && !verdict.code.endsWith("_TIMEOUT"))) return;
    this.#platform(head.function, head.version, head.requestId, "error", verdict.detail, { code: verdict.code });
  }

  /** Something that the platform refused to a function. */
  refused(name: string, digest: string, message: string): void {
    this.#push(name, { time: Date.now(), level: "warn", message, requestId: null, version: shortVersion(digest) });
  }

  started(name: string, digest: string, { kind, initMs }: Started, requestId: string): void {
    this.#platform(name, digest, requestId, "debug", `instance started: ${kind}`, { start: kind, initMs: Math.round(initMs * 100) / 100 });
  }

  /** Writes what waits; for the end of the worker. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    for (const name of this.#queues.keys()) this.#write(name);
    await Promise.all(this.#writing.values());
  }

  #platform(
    name: string,
    digest: string,
    requestId: string | null,
    level: PeerLog["level"],
    message: string,
    fields: Record<string, unknown>,
  ): void {
    this.#push(name, { time: Date.now(), level, message, requestId, version: shortVersion(digest), fields });
  }

  #push(name: string, line: LogEntry): void {
    let queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, (queue = new LineQueue()));
    queue.push(line);
    if (queue.length >= BATCH_LINES) this.#write(name);
    this.#timer ??= setTimeout(() => this.#writeAll(), FLUSH_MS);
  }

  #writeAll(): void {
    this.#timer = undefined;
    for (const name of this.#queues.keys()) this.#write(name);
    if (this.#queues.size > 0) this.#timer ??= setTimeout(() => this.#writeAll(), FLUSH_MS);
  }

  /** One write a function at a time, so that lines stay in order. */
  #write(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined || this.#writing.has(name)) return;
    const lines = queue.drain();
    if (lines.length === 0) return void this.#queues.delete(name);
    const written = this.#append(name, lines)
      .catch((error: unknown) => this.#log.warn("function logs lost", { function: name, lines: lines.length, error }))
      .finally(() => this.#writing.delete(name));
    this.#writing.set(name, written);
  }
}
