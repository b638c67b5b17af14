/** What started an invocation. */
export type Trigger = "http" | "function" | "async" | "cron" | "webhook" | "queue" | "probe";

/** Structured lines of the function's log. `fields` must be JSON; 16 KiB of it are kept. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The third argument of a handler: the invocation that it serves. Its functions may be taken off it. */
export interface Context {
  /** The `x-fn-request-id` of the answer. */
  readonly requestId: string;
  /** Name of this function. */
  readonly function: string;
  /** `sha256:…` of the version that runs. */
  readonly version: string;
  /** 1, or more when the platform tries again. */
  readonly attempt: number;
  readonly trigger: Trigger;
  /** Epoch milliseconds at which the invocation is ended. */
  readonly deadlineMs: number;
  /** Milliseconds until then; never negative. */
  readonly remainingMs: () => number;
  /** The instance stays for this work after the answer is out, until the deadline. A rejection is logged. */
  readonly waitUntil: (work: unknown) => void;
  /** Does nothing here; frameworks made for other platforms call it. */
  readonly passThroughOnException: () => void;
  /** Aborts when the caller leaves, as `request.signal` does. */
  readonly signal: AbortSignal;
  readonly log: Log;
}
