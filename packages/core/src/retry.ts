/** When an asynchronous invocation is tried again. Pure: the clock and the dice come in. */

export interface RetryRules {
  attempts: number;
  backoffMs: number;
  maxBackoffMs: number;
  maxAgeMs: number;
}

export interface AttemptEnd {
  /** HTTP status of the answer, or the one that an error stands for. */
  status: number;
  /** The answer's `retry-after`, milliseconds; null: none. */
  retryAfterMs: number | null;
}

export type RetryVerdict =
  { kind: "succeeded" } | { kind: "retry"; nextMs: number } | { kind: "failed"; why: "final" | "attempts" | "age" };

/** Statuses of the 4xx that pass by themselves. @source RFC 9110, 15.5.9; RFC 6585, 4 */
const PASSING = new Set([408, 429]);
/** A loop of functions stays one. */
const LOOP = 508;

export function isFinal(status: number): boolean {
  return (status >= 400 && status < 500 && !PASSING.has(status)) || status === LOOP;
}

/**
 * @param tries how many there were, this one included
 * @param bornMs when the first one was due, epoch milliseconds
 * @param random 0 to 1: full jitter over the upper half of the pause, so that what failed together does not come back together
 */
export function decideRetry(
  end: AttemptEnd,
  rules: RetryRules,
  at: { tries: number; bornMs: number; nowMs: number; random: number },
): RetryVerdict {
  if (end.status < 400) return { kind: "succeeded" };
  if (isFinal(end.status)) return { kind: "failed", why: "final" };
  if (at.tries >= rules.attempts) return { kind: "failed", why: "attempts" };
  const pause = Math.min(rules.backoffMs * 2 ** Math.min(at.tries - 1, 40), rules.maxBackoffMs);
  const jittered = pause * (0.5 + at.random / 2);
  const nextMs = Math.round(at.nowMs + Math.max(jittered, end.retryAfterMs ?? 0));
  return nextMs > at.bornMs + rules.maxAgeMs ? { kind: "failed", why: "age" } : { kind: "retry", nextMs };
}

/** `Retry-After`: seconds or an HTTP date, as milliseconds from now; null when it is neither. @source RFC 9110, 10.2.3 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
