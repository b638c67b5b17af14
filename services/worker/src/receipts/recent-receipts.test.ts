import { expect, test } from "vitest";
import { DEFAULT_LIMITS, EnvelopeHead, MAX_RECEIPTS, Receipt } from "@zygo/contracts";
import { RecentReceipts } from "./recent-receipts.ts";
import { NO_INSTANCE, receiptOf } from "./receipt.ts";

const head = (name: string, requestId: string): EnvelopeHead =>
  EnvelopeHead.parse({
    requestId,
    gateway: "unix:/x#1",
    stream: 1,
    function: name,
    version: `sha256:${"ab".repeat(32)}`,
    method: "GET",
    url: "http://x/",
    headers: [],
    deadlineMs: DEFAULT_LIMITS.timeoutMs,
    enqueuedMs: 0,
    trigger: "http",
    attempt: 1,
    complete: true,
  });

const receipt = (name: string, number: number): Receipt =>
  receiptOf(
    { head: head(name, `${number}`), outcome: { status: 200 }, seat: undefined, queueMs: 0, startMs: 0, ageMs: 1 },
    NO_INSTANCE,
    true,
  );

const numbers = (receipts: readonly Receipt[]): number[] => receipts.map(({ requestId }) => Number(requestId));

test("what it keeps has the shape that crosses to control", () => {
  expect(() => Receipt.parse(receipt("hello", 1))).not.toThrow();
});

test("of each function the newest are kept, the newest last", () => {
  const recent = new RecentReceipts();
  for (let number = 0; number < 2 * MAX_RECEIPTS + 7; number++) recent.add(receipt("hello", number));
  recent.add(receipt("other", 1));
  const kept = numbers(recent.of("hello"));
  expect(kept).toHaveLength(MAX_RECEIPTS);
  expect(kept).toEqual(Array.from({ length: MAX_RECEIPTS }, (_, at) => MAX_RECEIPTS + 7 + at));
  expect(numbers(recent.of("other"))).toEqual([1]);
  expect(recent.of("nobody")).toEqual([]);
});

test("over all functions there is a bound: who was quiet longest goes first", () => {
  const recent = new RecentReceipts(5);
  for (const name of ["a", "a", "b", "b", "a", "c"]) recent.add(receipt(name, 1));
  expect(recent.of("b")).toEqual([]);
  expect(recent.of("a")).toHaveLength(3);
  expect(recent.of("c")).toHaveLength(1);
  const single = new RecentReceipts(3);
  for (let number = 0; number < 9; number++) single.add(receipt("only", number));
  expect(numbers(single.of("only"))).toEqual([6, 7, 8]);
});
