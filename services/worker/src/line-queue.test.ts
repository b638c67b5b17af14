import type { LogEntry } from "@zygo/store";
import { expect, test } from "vitest";
import { LineQueue } from "./line-queue.ts";

const line = (message: string, fields?: Record<string, unknown>): LogEntry => ({
  time: 1,
  level: "info",
  requestId: "r",
  version: "v",
  message,
  ...(fields && { fields }),
});

test("keeps order and empties", () => {
  const queue = new LineQueue();
  queue.push(line("a"));
  queue.push(line("b"));
  expect(queue.drain().map(({ message }) => message)).toEqual(["a", "b"]);
  expect(queue.drain()).toEqual([]);
});
test("a flood is cut at 2,000 lines, and its last line says how much is missing", () => {
  const queue = new LineQueue();
  for (let n = 0; n < 2_500; n++) queue.push(line("x"));
  const lines = queue.drain();
  expect(lines).toHaveLength(2_001);
  expect(lines.at(-1)?.message).toContain("500 log lines were dropped");
});
test("long lines are bounded together", () => {
  const queue = new LineQueue();
  for (let n = 0; n < 100; n++) queue.push(line("x".repeat(32 * 1024)));
  expect(queue.length).toBe(32);
});
test("huge fields are replaced", () => {
  const queue = new LineQueue();
  queue.push(line("m", { big: "x".repeat(100_000) }));
  expect(queue.drain()[0]?.fields).toEqual({ dropped: expect.stringContaining("characters") });
});
