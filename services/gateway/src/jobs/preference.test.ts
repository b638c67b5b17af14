import { expect, test } from "vitest";
import { readPreference } from "./preference.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");

test.each([
  [{}, null],
  [{ prefer: "return=minimal" }, null],
  [{ prefer: "respond-async" }, 0],
  [{ prefer: "Respond-Async, wait=5" }, 5000],
  [{ prefer: "wait=3" }, 3000],
  [{ prefer: "wait=9999" }, 60_000],
  [{ prefer: "respond-asynchronously" }, null],
])("%o waits %s", (headers, waitMs) => {
  expect(readPreference(headers, NOW).waitMs).toBe(waitMs);
});

test.each([
  [{}, {}],
  [{ "x-fn-delay": "30" }, { delayMs: 30_000 }],
  [{ "x-fn-delay": "1.5s" }, { delayMs: 1500 }],
  [{ "x-fn-delay": "5m" }, { delayMs: 300_000 }],
  [{ "x-fn-run-at": "2026-11-25T00:00:00Z" }, { runAtMs: NOW + 43_200_000 }],
])("%o is due %o", (headers, when) => {
  expect(readPreference({ prefer: "respond-async", ...headers }, NOW).when).toEqual(when);
});

test.each([
  { prefer: "respond-async", "x-fn-delay": "soon" },
  { prefer: "respond-async", "x-fn-delay": "-1" },
  { prefer: "respond-async", "x-fn-delay": "9000d" },
  { prefer: "respond-async", "x-fn-run-at": "later" },
  { prefer: "respond-async", "x-fn-delay": "1s", "x-fn-run-at": "2026-11-25T00:00:00Z" },
  { prefer: "respond-async", "x-fn-priority": "0" },
  { "x-fn-delay": "1s" },
  { "idempotency-key": "" },
  { "idempotency-key": "x".repeat(256) },
])("%o is refused", (headers) => {
  expect(() => readPreference(headers, NOW)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
});

test("an Idempotency-Key may be quoted or bare", () => {
  expect([`"a b"`, "a b"].map((key) => readPreference({ "idempotency-key": key }, NOW).idempotencyKey)).toEqual(["a b", "a b"]);
});
