import { FnError, problemHeaders, toProblem } from "@zygo/contracts";

/** A problem document, ready to be sent. */
export interface ProblemAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The gateway's one place that renders an error. */
export function problemAnswer(error: FnError, requestId: string): ProblemAnswer {
  const problem = toProblem(error, requestId);
  const body = JSON.stringify(problem);
  return { status: problem.status, headers: { ...problemHeaders(error), "content-length": String(Buffer.byteLength(body)) }, body };
}

/** Anything that was thrown, as an error of the table: what is not one is the platform's fault, and is kept for the log. */
export const asFnError = (error: unknown): FnError =>
  error instanceof FnError ? error : new FnError("INTERNAL", undefined, { cause: error });
