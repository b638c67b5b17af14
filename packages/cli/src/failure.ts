import type { ApiError } from "@zygo/client";
import { EXIT } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import { showPlace, showPosition } from "./excerpt.ts";
import type { Place } from "./excerpt.ts";

/** The command was given wrongly. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A command's failure, ready to be told: to people as `text`, to programs as `problem`, to scripts as `exit`. */
export interface Failure {
  exit: Exit;
  text: string;
  problem: Record<string, unknown> & { code: string; detail: string };
}

const EXIT_OF_CODE: Readonly<Record<string, Exit>> = {
  FUNCTION_NOT_FOUND: EXIT.notFound,
  VERSION_NOT_FOUND: EXIT.notFound,
  NOT_FOUND: EXIT.notFound,
  UNREACHABLE: EXIT.unreachable,
  TIMEOUT: EXIT.unreachable,
  BAD_CREDENTIALS: EXIT.usage,
  INVALID_REQUEST: EXIT.usage,
  INVALID_CONFIG: EXIT.invalidFunction,
  INVALID_BUNDLE: EXIT.invalidFunction,
};

const HINT_OF_CODE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "Set FN_API_KEY, or FN_HOME to the platform's home directory.",
  FUNCTION_NOT_FOUND: "`fn list` shows what is deployed.",
};

/** What went wrong, whatever was thrown. Errors of other packages are told by name: a command that meets none has not loaded them. */
export function toFailure(error: unknown): Failure {
  if (error instanceof UsageError) return failure(EXIT.usage, "USAGE", error.message, "Run with --help to see how it is used.");
  if (!(error instanceof Error)) return failure(EXIT.failed, "UNEXPECTED", String(error));
  if (error.name === "AbortError") return failure(EXIT.interrupted, "INTERRUPTED", "interrupted");
  if (isBundleError(error)) return ofMessages(error.messages);
  if (error.name === "BundlerFailedError")
    return failure(EXIT.failed, "BUNDLER_FAILED", `the bundler could not run: ${error.message}`, BUNDLER_HINT);
  if (isApiError(error)) return ofApi(error);
  return failure(EXIT.failed, "UNEXPECTED", error.message);
}

const BUNDLER_HINT =
  "It runs in a jail, which needs root or unprivileged user namespaces. `fn deploy --unsafe-no-jail` bundles without one: only for code and packages that may read all that you can.";

function failure(exit: Exit, code: string, detail: string, hint?: string): Failure {
  return {
    exit,
    text: hint === undefined ? detail : `${detail}\n  → ${hint}`,
    problem: { code, detail, ...(hint === undefined ? {} : { hint }) },
  };
}

function ofMessages(messages: Place[]): Failure {
  const detail = messages.map(({ file, line, column, text }) => showPosition(file, line, column) + text).join("\n");
  return { exit: EXIT.invalidFunction, text: messages.map(showPlace).join("\n\n"), problem: { code: "INVALID_BUNDLE", detail, messages } };
}

function ofApi({ code, detail, problem }: ApiError): Failure {
  const exit = EXIT_OF_CODE[code] ?? EXIT.failed;
  const base = failure(exit, code, detail, HINT_OF_CODE[code]);
  const lines = [base.text, ...issueLines(problem?.["issues"]), ...stackLines(problem?.["error"])];
  return { exit, text: lines.join("\n"), problem: { ...problem, ...base.problem } };
}

/** `memoryMb: expected int, received string`, one a line. Members of zod's issues. */
function issueLines(issues: unknown): string[] {
  if (!Array.isArray(issues)) return [];
  return issues.flatMap((issue: { path?: unknown; message?: unknown }) => {
    if (typeof issue.message !== "string") return [];
    const path = Array.isArray(issue.path) && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    return [`  ${path}${issue.message}`];
  });
}

/** Why a bundle did not load, as the sandbox saw it. */
function stackLines(error: unknown): string[] {
  const { stack, message } = (error ?? {}) as { stack?: unknown; message?: unknown };
  const text = typeof stack === "string" ? stack : message;
  return typeof text === "string" ? text.split("\n").map((line) => `  ${line}`) : [];
}

const isBundleError = (error: Error): error is Error & { messages: Place[] } =>
  error.name === "BundleError" && Array.isArray((error as { messages?: unknown }).messages);

const isApiError = (error: Error): error is ApiError => error.name === "ApiError";
