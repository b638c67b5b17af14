import { ERRORS, type Attempt } from "@zygo/contracts";
import { decideRetry, readRetryAfter } from "@zygo/core";
import { answerPayload, storeBody, type HeldAttempt, type PayloadStore } from "@zygo/queue";
import type { AttemptResult } from "./attempts.ts";
import type { Outcome } from "./recorded-exchange.ts";

/** How an attempt ends: with another one, or for good. */
export type Conclusion =
  | { kind: "retry"; attempt: Attempt & { nextMs: number } }
  | { kind: "settle"; state: "succeeded" | "failed" | "cancelled"; attempt: Attempt; reason: string | null };

/** Decides what follows an attempt. Pure but for the clock and the dice, which come in. */
export function conclude(held: HeldAttempt, result: AttemptResult, at: { nowMs: number; random: number }): Conclusion {
  const { outcome, version, retry, receipt } = result;
  const end = endOf(outcome, at.nowMs);
  const attempt: Attempt = {
    number: held.number,
    startedMs: held.startedMs,
    endedMs: at.nowMs,
    requestId: held.requestId,
    version: version?.version ?? null,
    status: outcome.kind === "answer" ? outcome.answer.status : null,
    code: outcome.kind === "error" ? outcome.error.code : null,
    reason: outcome.kind === "error" ? outcome.error.message : `It answered ${outcome.answer.status}.`,
    receipt,
    nextMs: null,
  };
  if (attempt.code === "INVOCATION_CANCELLED") return { kind: "settle", state: "cancelled", attempt, reason: attempt.reason };
  const bornMs = Math.max(held.sinceMs, held.job.runAtMs);
  const verdict = decideRetry(end, retry, { tries: held.number - held.base, bornMs, ...at });
  if (verdict.kind === "succeeded") return { kind: "settle", state: "succeeded", attempt, reason: null };
  if (verdict.kind === "retry") return { kind: "retry", attempt: { ...attempt, nextMs: verdict.nextMs } };
  return { kind: "settle", state: "failed", attempt, reason: `${attempt.reason} ${WHY[verdict.why]}` };
}

const WHY = {
  final: "Trying again would not help.",
  attempts: "That was the last attempt.",
  age: "Another attempt would come later than its retry policy allows.",
};

function endOf(outcome: Outcome, nowMs: number): { status: number; retryAfterMs: number | null } {
  // An expired one is not tried again, whatever its status says to callers.
  if (outcome.kind === "error")
    return { status: outcome.error.code === "INVOCATION_EXPIRED" ? 410 : ERRORS[outcome.error.code].status, retryAfterMs: null };
  const retryAfter = outcome.answer.headers.find(([name]) => name === "retry-after")?.[1];
  return { status: outcome.answer.status, retryAfterMs: readRetryAfter(retryAfter, nowMs) };
}

/** JSON of the answer for the record; null when there is none. */
export async function storedAnswer(payloads: PayloadStore, id: string, outcome: Outcome): Promise<string | null> {
  if (outcome.kind === "error") return null;
  const { status, headers, body } = outcome.answer;
  return JSON.stringify({ status, headers, body: await storeBody(payloads, answerPayload(id), body) });
}
