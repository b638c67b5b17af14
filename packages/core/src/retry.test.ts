import { expect, test } from "vitest";
import { decideRetry, readRetryAfter } from "./retry.ts";

const RULES = { attempts: 4, backoffMs: 1000, maxBackoffMs: 5000, maxAgeMs: 60_000 };
const at = (tries: number, random = 1, nowMs = 0): { tries: number; bornMs: number; nowMs: number; random: number } => ({
  tries,
  bornMs: 0,
  nowMs,
  random,
});
const end = (status: number, retryAfterMs: number | null = null): { status: number; retryAfterMs: number | null } => ({
  status,
  retryAfterMs,
});

test.each([200, 204, 301, 304])("%i settles", (status) => {
  expect(decideRetry(end(status), RULES, at(1))).toEqual({ kind: "succeeded" });
});

test.each([400, 401, 404, 409, 422, 508])("%i is final", (status) => {
  expect(decideRetry(end(status), RULES, at(1))).toEqual({ kind: "failed", why: "final" });
});

test.each([408, 429, 500, 502, 503, 504])("%i is tried again", (status) => {
  expect(decideRetry(end(status), RULES, at(1))).toEqual({ kind: "retry", nextMs: 1000 });
});

test("the pause doubles up to its bound, and jitter takes up to half of it", () => {
  expect([1, 2, 3].map((tries) => decideRetry(end(500), { ...RULES, maxBackoffMs: 3000 }, at(tries)))).toEqual(
    [1000, 2000, 3000].map((nextMs) => ({ kind: "retry", nextMs })),
  );
  expect(decideRetry(end(500), RULES, at(1, 0))).toEqual({ kind: "retry", nextMs: 500 });
  expect(decideRetry(end(500), { ...RULES, attempts: 100, maxAgeMs: 1e12 }, at(99))).toEqual({ kind: "retry", nextMs: 5000 });
});

test("no more tries than the rules say, none past the age, and Retry-After is waited for", () => {
  expect(decideRetry(end(500), RULES, at(4))).toEqual({ kind: "failed", why: "attempts" });
  expect(decideRetry(end(500), RULES, at(1, 1, 59_500))).toEqual({ kind: "failed", why: "age" });
  expect(decideRetry(end(503, 7000), RULES, at(1))).toEqual({ kind: "retry", nextMs: 7000 });
  expect(decideRetry(end(503, 61_000), RULES, at(1))).toEqual({ kind: "failed", why: "age" });
});

test("Retry-After is seconds or a date", () => {
  expect(readRetryAfter("3", 0)).toBe(3000);
  expect(readRetryAfter(new Date(5000).toUTCString(), 1000)).toBe(4000);
  expect([readRetryAfter(undefined, 0), readRetryAfter("soon", 0)]).toEqual([null, null]);
});
