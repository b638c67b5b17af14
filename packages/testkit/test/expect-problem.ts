import { ERRORS, type ErrorCode } from "@zygo/contracts";
import { expect } from "vitest";

/** Checks that an answer is the problem document of that code, as every error of the platform must be, and gives its detail. */
export async function expectProblem(answer: Response, code: ErrorCode): Promise<string> {
  const { status, title, retryable } = ERRORS[code];
  const document = (await answer.json()) as { detail: string };
  const requestId = answer.headers.get("x-fn-request-id");
  expect(document).toMatchObject({ code, status, title, retryable, requestId, type: `urn:zygo:error:${code}` });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(document.detail, "a host path or an errno is nobody's business").not.toMatch(/\/(work|home|root|tmp\/fn)|E[A-Z]{4,}:/);
  return document.detail;
}
