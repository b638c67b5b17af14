/**
 * The error table: every code that a caller can meet, in one place. `docs/errors.md` lists the same rows; a test holds them equal.
 * @source RFC 9457 (problem details)
 */
export type Blame = "caller" | "function" | "platform";

export interface ErrorRow {
  title: string;
  status: number;
  blame: Blame;
  /** The same request may succeed when sent again. */
  retryable: boolean;
}

const row = (status: number, blame: Blame, retryable: boolean, title: string): ErrorRow => ({ title, status, blame, retryable });

export const ERRORS = {
  INVALID_REQUEST: row(400, "caller", false, "The request is malformed"),
  INVALID_CONFIG: row(422, "caller", false, "The function's config export is invalid"),
  INVALID_BUNDLE: row(422, "caller", false, "The function does not load"),
  UNAUTHENTICATED: row(401, "caller", false, "An API key is needed"),
  FORBIDDEN: row(403, "caller", false, "The API key does not allow this"),
  NOT_FOUND: row(404, "caller", false, "There is nothing here"),
  FUNCTION_NOT_FOUND: row(404, "caller", false, "No such function"),
  VERSION_NOT_FOUND: row(404, "caller", false, "No such version or alias of the function"),
  QUOTA_EXCEEDED: row(403, "caller", false, "The tenant's quota does not allow this"),
  METHOD_NOT_ALLOWED: row(405, "caller", false, "The function does not handle this method"),
  CONFLICT: row(409, "caller", true, "Another change is under way"),
  IN_USE: row(409, "caller", false, "It is still in use"),
  IDEMPOTENCY_KEY_IN_FLIGHT: row(409, "caller", true, "A request with this Idempotency-Key is being run"),
  IDEMPOTENCY_KEY_REUSED: row(422, "caller", false, "The Idempotency-Key belongs to another request"),
  PAYLOAD_TOO_LARGE: row(413, "caller", false, "The request body is too large"),
  RATE_LIMITED: row(429, "caller", true, "Too many requests"),
  CLIENT_CLOSED_REQUEST: row(499, "caller", true, "The caller left before the answer"),
  CALL_DEPTH_EXCEEDED: row(508, "function", false, "Functions call each other too deeply"),
  FUNCTION_ERROR: row(502, "function", false, "The function threw"),
  FUNCTION_UNHANDLED_REJECTION: row(502, "function", false, "The function left a rejected promise unhandled"),
  FUNCTION_STACK_OVERFLOW: row(502, "function", false, "The function exceeded its call stack"),
  FUNCTION_NO_HANDLER: row(502, "function", false, "The function has no handler for what started it"),
  FUNCTION_INVALID_RESPONSE: row(502, "function", false, "The function returned something that is not a Response"),
  FUNCTION_RESPONSE_TOO_LARGE: row(502, "function", false, "The function's answer is larger than its limit"),
  FUNCTION_EXITED: row(502, "function", false, "The function ended its process"),
  FUNCTION_CRASHED: row(502, "function", false, "The function's process was ended by a signal"),
  FUNCTION_OOM: row(502, "function", false, "The function exceeded its memory limit"),
  FUNCTION_LOAD_FAILED: row(502, "function", false, "The function's module failed to load"),
  FUNCTION_PROTOCOL: row(502, "function", false, "The function broke the protocol with the platform"),
  FUNCTION_TIMEOUT: row(504, "function", true, "The function did not answer before its deadline"),
  QUEUE_TIMEOUT: row(504, "platform", true, "No worker took the invocation before its deadline"),
  WORKER_LOST: row(502, "platform", true, "The worker that ran the invocation is gone"),
  GATEWAY_LOST: row(502, "platform", true, "The gateway that ran the invocation is gone"),
  INVOCATION_CANCELLED: row(409, "caller", false, "The invocation was cancelled"),
  INVOCATION_EXPIRED: row(504, "platform", false, "The invocation grew older than its retry policy allows"),
  DESTINATION_REFUSED: row(502, "function", false, "The destination's address may not be called"),
  OVERLOADED: row(503, "platform", true, "The platform is at capacity"),
  QUEUE_UNAVAILABLE: row(503, "platform", true, "The queue is unreachable"),
  CONTROL_UNAVAILABLE: row(503, "platform", true, "The control service is unreachable"),
  NO_WORKER: row(503, "platform", true, "No worker is ready"),
  SHUTTING_DOWN: row(503, "platform", true, "This process is stopping"),
  INTERNAL: row(500, "platform", true, "The platform failed"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

/** An error that has a code of the table. `detail` is one sentence for the caller; `cause` is for the log alone. */
export class FnError extends Error {
  override name = "FnError";
  readonly code: ErrorCode;
  /** More members for the problem document, e.g. `issues` of a config. */
  readonly extra: Record<string, unknown>;
  /** More headers for the answer, such as `retry-after`. */
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { cause?: unknown; extra?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(detail ?? ERRORS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }
}

/** Anything that was thrown, as an error of the table: what is not one is the platform's fault, and is kept for the log. */
export const asFnError = (thrown: unknown): FnError =>
  thrown instanceof FnError ? thrown : new FnError("INTERNAL", undefined, { cause: thrown });

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  requestId: string;
  retryable: boolean;
  [extra: string]: unknown;
}

/** The one place that renders `application/problem+json`. */
export function toProblem(error: FnError, requestId: string): Problem {
  const { title, status, retryable } = ERRORS[error.code];
  return {
    ...error.extra,
    type: `urn:zygo:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    requestId,
    retryable,
  };
}

/** Headers of a problem answer. */
export function problemHeaders(error: FnError): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (ERRORS[error.code].status === 503 || ERRORS[error.code].status === 429) headers["retry-after"] = "1";
  return { ...headers, ...error.headers };
}
