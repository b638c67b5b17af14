import type { ErrorCode } from "@zygo/contracts";

/** Codes of failures that no server reported. */
export type LocalCode =
  /** Nothing answers at the URL, or the connection broke. */
  | "UNREACHABLE"
  /** No answer within the call's deadline. */
  | "TIMEOUT"
  /** Something answers, but not as the platform does. */
  | "UNEXPECTED_ANSWER"
  /** URL or key cannot be right, or the credentials file cannot be read. */
  | "BAD_CREDENTIALS";

/** What a problem answer holds beyond code, status and detail, e.g. `issues` of a refused config or `error` of a bundle. */
export interface ProblemBody {
  code: string;
  title: string;
  status: number;
  detail: string;
  requestId: string;
  retryable: boolean;
  [extra: string]: unknown;
}

/** A call that did not succeed. `message` and `detail` are one sentence for a person. */
export class ApiError extends Error {
  override name = "ApiError";
  /** A code of the platform's table (an older client may not know it), or one of LocalCode. */
  readonly code: ErrorCode | LocalCode | (string & {});
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  /** The server's own words; null when it did not send any. */
  readonly problem: ProblemBody | null;

  constructor(code: ApiError["code"], detail: string, more: { status?: number; problem?: ProblemBody; cause?: unknown } = {}) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.detail = detail;
    this.status = more.status ?? 0;
    this.problem = more.problem ?? null;
  }
}

export function unreachable(url: string, cause: unknown): ApiError {
  return new ApiError("UNREACHABLE", `Nothing answers at ${url}. Start the platform with \`npm start\`, or set FN_URL to one that runs.`, {
    cause,
  });
}
