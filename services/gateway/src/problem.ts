import { problemHeaders, toProblem, type FnError } from "@zygo/contracts";

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
