import { jsonText, NativeResponse } from "./intrinsics.ts";

/** The answer to a method that the entry exports no handler for. The row of the error table, which the runtime cannot import. */
export function refuseMethod(method: string, allowed: string[], requestId: string): Response {
  const problem = {
    type: "urn:zygo:error:METHOD_NOT_ALLOWED",
    title: "The function does not handle this method",
    status: 405,
    code: "METHOD_NOT_ALLOWED",
    detail: allowed.length === 0 ? "The function takes no HTTP requests" : `${method} is not handled; allowed are ${allowed.join(", ")}`,
    requestId,
    retryable: false,
  };
  const headers = { "content-type": "application/problem+json", allow: allowed.join(", ") };
  return new NativeResponse(jsonText(problem), { status: 405, headers });
}
