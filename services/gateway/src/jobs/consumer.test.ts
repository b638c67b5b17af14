import { createLog } from "@zygo/service";
import { logLines } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Consumer, type Work } from "./consumer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** One queue with so many pieces of work. `hangs`: the first look at it is never answered, as on a connection that is up but dead. */
function queue(pieces: number, hangs: boolean) {
  const seen: string[] = [];
  const lines: Record<string, unknown>[] = [];
  let [looks, left] = [0, pieces];
  const work: Work<string> = {
    event: "due",
    due: () => (hangs && looks++ === 0 ? new Promise(() => undefined) : Promise.resolve({ names: left > 0 ? ["f"] : [], waitMs: null })),
    take: () => Promise.resolve(left > 0 ? { held: `piece ${left--}` } : { waitMs: null }),
    extend: () => Promise.resolve(),
    functionOf: () => "f",
    cancellable: () => null,
    isCancelled: () => Promise.resolve(false),
    see: (held) => Promise.resolve(void seen.push(held)),
  };
  const log = createLog({ service: "gateway", level: "debug", sink: logLines(lines) });
  const consumer = new Consumer(work, { events: { on: () => () => undefined }, slots: 2, log });
  return { seen, lines, consumer };
}

test("all that waits is seen to, without an event", async () => {
  const { seen, consumer } = queue(5, false);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(seen).toHaveLength(5);
  await consumer.stop(0);
});

test("a loop that is never answered is started anew, once, and the log says so", async () => {
  const { seen, lines, consumer } = queue(5, true);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(seen).toEqual([]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(seen).toHaveLength(5);
  expect(lines.filter(({ level }) => level === "error")).toMatchObject([{ msg: "the job loop hangs and is started anew" }]);
  await consumer.stop(0);
});
