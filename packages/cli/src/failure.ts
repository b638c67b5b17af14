import type { ApiError } from "@zygo/client";
import { EXIT } from "./exit-codes.ts";
import type { Exit } from "./exit-codes.ts";
import { shortPath, showPlace, showPosition } from "./excerpt.ts";
import type { Place } from "./excerpt.ts";
import { locateIssuesIn } from "./locate-config.ts";
import type { Issue } from "./locate-config.ts";

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
  FORBIDDEN: "`fn whoami` shows what your key may do; `fn keys create` makes another, with an admin key.",
  QUOTA_EXCEEDED: "`fn whoami` shows the tenant's quotas; the operator changes them with `fn tenants set`.",
  FUNCTION_NOT_FOUND: "`fn list` shows what is deployed.",
  FUNCTION_TIMEOUT: "`fn deploy --timeout 1m`, or `timeoutMs` in its config, gives it longer; `fn logs <name>` shows what it wrote.",
  FUNCTION_OOM: "`fn deploy --memory 256`, or `memoryMb` in its config, gives it more.",
};

const FUNCTION_HINT = "`fn logs <name>` shows what the function wrote.";

/**
 * What went wrong, whatever was thrown. `entry`: the file that was deployed, to point into. Errors of other packages are told by name: a
 * command that meets none has not loaded them.
 */
export function toFailure(error: unknown, entry?: string): Failure {
  if (error instanceof UsageError) return failure(EXIT.usage, "USAGE", error.message, "Run with --help to see how it is used.");
  if (!(error instanceof Error)) return failure(EXIT.failed, "UNEXPECTED", String(error));
  if (error.name === "AbortError") return failure(EXIT.interrupted, "INTERRUPTED", "interrupted");
  if (isBundleError(error)) return ofMessages(error.messages);
  if (error.name === "BundlerFailedError")
    return failure(EXIT.failed, "BUNDLER_FAILED", `the bundler could not run: ${error.message}`, BUNDLER_HINT);
  if (isApiError(error)) return ofApi(error, entry);
  return failure(EXIT.failed, "UNEXPECTED", error.message);
}

const BUNDLER_HINT =
  "It runs in a jail, which needs root or unprivileged user namespaces. `fn deploy --unsafe-no-jail` bundles without one: only for code and packages that may read all that you can.";

function failure(exit: Exit, code: string, detail: string, hint?: string, shown = detail): Failure {
  return {
    exit,
    text: hint === undefined ? shown : `${shown}\n  → ${hint}`,
    problem: { code, detail, ...(hint === undefined ? {} : { hint }) },
  };
}

function ofMessages(messages: Place[]): Failure {
  const detail = messages.map(({ file, line, column, text }) => showPosition(file, line, column) + text).join("\n");
  return { exit: EXIT.invalidFunction, text: messages.map(showPlace).join("\n\n"), problem: { code: "INVALID_BUNDLE", detail, messages } };
}

function ofApi({ code, detail, problem }: ApiError, entry: string | undefined): Failure {
  const exit = EXIT_OF_CODE[code] ?? EXIT.failed;
  const hint = HINT_OF_CODE[code] ?? (code.startsWith("FUNCTION_") ? FUNCTION_HINT : undefined);
  const said = code === "INVALID_BUNDLE" && entry !== undefined ? `${shortPath(entry)} does not load: ${detail}` : detail;
  const shown = problem === null || problem.requestId === "" ? said : `${said} (${code}, request ${problem.requestId})`;
  const base = failure(exit, code, detail, hint, shown);
  const issues = readIssues(problem?.["issues"]);
  if (code === "INVALID_CONFIG" && entry !== undefined && issues.length > 0) {
    const messages = locateIssuesIn(entry, issues);
    return { exit, text: messages.map(showPlace).join("\n\n"), problem: { ...problem, ...base.problem, messages } };
  }
  return { exit, text: [base.text, ...stackLines(problem?.["error"], detail)].join("\n"), problem: { ...problem, ...base.problem } };
}

function readIssues(issues: unknown): Issue[] {
  if (!Array.isArray(issues)) return [];
  return issues.filter((issue: Partial<Issue>): issue is Issue => typeof issue.message === "string" && Array.isArray(issue.path));
}

/** Why a bundle did not load, as the sandbox saw it: the stack without what the detail has said. */
function stackLines(error: unknown, detail: string): string[] {
  const { stack } = (error ?? {}) as { stack?: unknown };
  if (typeof stack !== "string") return [];
  const at = stack.indexOf("\n    at ");
  const said = at !== -1 && stack.slice(0, at).endsWith(detail.replace(/^\w*Error: /, ""));
  return (said ? stack.slice(at + 1) : stack).split("\n");
}

const isBundleError = (error: Error): error is Error & { messages: Place[] } =>
  error.name === "BundleError" && Array.isArray((error as { messages?: unknown }).messages);

const isApiError = (error: Error): error is ApiError => error.name === "ApiError";
