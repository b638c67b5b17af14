import { expect, test } from "vitest";
import { endOfMessage, type BatchEnd, type BatchMessage } from "./batches.ts";

const RULES = { maxAttempts: 3, backoffMs: 1000 };
const message = (over: Partial<BatchMessage> = {}): BatchMessage => ({ id: "m", number: 1, base: 0, ...over });
const answered = (over: Partial<BatchEnd & { kind: "answered" }> = {}): BatchEnd => ({
  ...{ kind: "answered", acks: new Set(), retries: new Map(), threw: null },
  ...over,
});
const broken = (code: string): BatchEnd => ({ kind: "failed", code, detail: "Broken." });
const end = (of: BatchMessage, how: BatchEnd, size = 2) => endOfMessage(of, how, { size, rules: RULES, random: 1 });

test("acknowledged, or undecided when the handler returned: dealt with", () => {
  expect(end(message(), answered()).kind).toBe("succeeded");
  expect(end(message(), answered({ acks: new Set(["m"]), threw: "Error: later" })).kind).toBe("succeeded");
});

test("another try that the handler asked for counts, comes after its delay or a doubling pause, and is the last at some time", () => {
  const asked = (delayMs: number | null) => answered({ retries: new Map([["m", delayMs]]) });
  expect(end(message(), asked(7000))).toMatchObject({ kind: "retry", delayMs: 7000, alone: false });
  expect([1, 2].map((number) => end(message({ number }), asked(null)).delayMs)).toEqual([1000, 2000]);
  expect(end(message({ number: 3 }), asked(null))).toMatchObject({
    kind: "failed",
    reason: "The handler asked for another try. That was the last attempt.",
  });
  expect(end(message({ number: 9, base: 7 }), asked(null)).kind).toBe("retry");
});

test.each([
  ["the handler threw", answered({ threw: "Error: no" })],
  ["it crashed", broken("FUNCTION_CRASHED")],
  ["it took too long", broken("FUNCTION_TIMEOUT")],
  ["the platform failed in a way that it does not know", broken("INTERNAL")],
])("a batch of several that failed as a whole (%s) kills none of them: each comes alone, and dies of its own failure only", (_, how) => {
  expect(end(message({ number: 3 }), how)).toMatchObject({ kind: "retry", alone: true });
  expect(end(message({ number: 4 }), how)).toMatchObject({ kind: "retry", alone: true });
  expect(end(message({ number: 2 }), how, 1)).toMatchObject({ kind: "retry", alone: true });
  expect(end(message({ number: 3 }), how, 1)).toMatchObject({ kind: "failed", reason: expect.stringContaining("last attempt") as string });
});

test.each(["WORKER_LOST", "QUEUE_TIMEOUT", "NO_WORKER", "OVERLOADED", "QUEUE_UNAVAILABLE"])("%s costs no attempt", (code) => {
  expect(end(message({ number: 3 }), broken(code), 1)).toMatchObject({ kind: "free", alone: false });
  expect(end(message({ number: 99, base: 9 }), broken(code)).delayMs).toBeLessThanOrEqual(30_000);
});

test("a gateway that stops gives its messages back at once", () => {
  expect(end(message(), broken("SHUTTING_DOWN"))).toMatchObject({ kind: "free", delayMs: 0 });
});

test("ten workers lost with the same message aboard are held against it", () => {
  expect(end(message({ number: 11, base: 10 }), broken("WORKER_LOST"))).toMatchObject({ kind: "retry", alone: true });
});

test("the messages of a function that is gone are cancelled", () => {
  expect(end(message(), broken("FUNCTION_NOT_FOUND")).kind).toBe("cancelled");
});

test("no pause is longer than an hour", () => {
  const rules = { maxAttempts: 100, backoffMs: 3_600_000 };
  expect(endOfMessage(message({ number: 50 }), answered({ threw: "x" }), { size: 1, rules, random: 1 }).delayMs).toBe(3_600_000);
});
