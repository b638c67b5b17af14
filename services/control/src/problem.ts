import { FnError, problemHeaders, toProblem } from "@zygo/contracts";
import type { Log } from "@zygo/service";

/**
 * Anything that was thrown, as an error of the table. What is not one is INTERNAL, its cause for the log alone; unless the caller has
 * left, whose leaving is then what was thrown.
 */
export function asFnError(thrown: unknown, request: Request): FnError {
  if (thrown instanceof FnError) return thrown;
  return new FnError(request.signal.aborted ? "CLIENT_CLOSED_REQUEST" : "INTERNAL", undefined, { cause: thrown });
}

/** The one place where control renders an error. */
export function problemResponse(error: FnError, requestId: string, log: Log): Response {
  const problem = toProblem(error, requestId);
  if (problem.status >= 500) log.error("request failed", { requestId, code: error.code, error });
  return new Response(JSON.stringify(problem), { status: problem.status, headers: problemHeaders(error) });
}
