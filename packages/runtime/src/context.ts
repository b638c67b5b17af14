import type { RequestHead } from "@zygo/contracts/frames";
import { wallMs } from "./intrinsics.ts";
import type { LogLevel, LogSink } from "./log-sink.ts";

/** What an invocation lends its context. */
export interface ContextSource {
  readonly signal: AbortSignal;
  waitUntil(work: unknown): void;
}

export interface VersionIdentity {
  function: string;
  version: string;
}

type LogMethod = (message: string, fields?: Record<string, unknown>) => void;

/** The third argument of every handler; `Context` of `@zygo/sdk`. Its methods work when taken off it. */
export class InvocationContext {
  readonly requestId: string;
  readonly function: string;
  readonly version: string;
  readonly attempt: number;
  readonly trigger: string;
  readonly deadlineMs: number;
  readonly log: Record<LogLevel, LogMethod>;
  readonly waitUntil: (work: unknown) => void;
  readonly #source: ContextSource;

  constructor(head: RequestHead, identity: VersionIdentity, source: ContextSource, log: Record<LogLevel, LogMethod>) {
    this.requestId = head.requestId;
    this.function = identity.function;
    this.version = identity.version;
    this.attempt = head.attempt;
    this.trigger = head.trigger;
    this.deadlineMs = head.deadlineMs;
    this.log = log;
    this.waitUntil = (work) => source.waitUntil(work);
    this.#source = source;
  }

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  readonly remainingMs = (): number => Math.max(0, this.deadlineMs - wallMs());

  /** Cloudflare's contexts have it and frameworks may call it; a function here has no origin to pass through to. */
  readonly passThroughOnException = (): void => {};
}

/** `ctx.log`: one for all invocations, since the sink knows whose code runs. */
export function contextLog(sink: LogSink): Record<LogLevel, LogMethod> {
  const method =
    (level: LogLevel): LogMethod =>
    (message, fields) =>
      sink.write(level, String(message), fields);
  return { debug: method("debug"), info: method("info"), warn: method("warn"), error: method("error") };
}
