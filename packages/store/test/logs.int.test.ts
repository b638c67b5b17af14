import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStore, LOG_START, type LogEntry, type Store } from "../src/index.ts";
import { ownRedis } from "./own-redis.ts";

const redis = ownRedis();
let store: Store;

beforeEach(async () => {
  store = createStore({ url: redis.server.url });
  await store.ping();
});
afterEach(() => store.close());

const line = (message: string): LogEntry => ({ time: 1, level: "info", requestId: "r1", version: "aabbccddeeff", message });
const lines = (...messages: string[]): LogEntry[] => messages.map(line);

test("lines come back in order with a position", async () => {
  await store.appendLogs("hello", lines("a", "b", "c"));
  const read = await store.readLogs("hello");
  expect(read.map(({ id: _, ...entry }) => entry)).toEqual(lines("a", "b", "c"));
});

test("without a position the last lines, with one those behind it", async () => {
  await store.appendLogs("hello", lines("a", "b", "c", "d"));
  const tail = await store.readLogs("hello", { limit: 2 });
  expect(tail.map((entry) => entry.message)).toEqual(["c", "d"]);
  const [first] = await store.readLogs("hello", { after: LOG_START, limit: 1 });
  const next = await store.readLogs("hello", { after: first?.id, limit: 2 });
  expect(next.map((entry) => entry.message)).toEqual(["b", "c"]);
});

test("no lines, no key", async () => {
  await store.appendLogs("hello", []);
  expect(await redis.raw.exists("fn:logs:hello")).toBe(0);
});

test("the log stays near 10,000 lines", async () => {
  for (let batch = 0; batch < 12; batch++)
    await store.appendLogs(
      "hello",
      Array.from({ length: 1000 }, () => line("x")),
    );
  expect(await redis.raw.xlen("fn:logs:hello")).toBeLessThan(10_200);
});

test("and within its bytes, however long the lines are: the oldest go first, the newest stay", async () => {
  const long = "x".repeat(32 * 1024);
  let written = 0;
  for (let batch = 0; batch < 40; batch++) {
    await store.appendLogs(
      "hello",
      Array.from({ length: 25 }, () => line(`${++written} ${long}`)),
    );
    await store.appendLogs("hello", lines(`${++written}`));
  }
  const kept = await store.readLogs("hello", { limit: 1000 });
  const bytes = kept.reduce((sum, { message }) => sum + message.length, 0);
  expect(bytes).toBeLessThan(8 * 1024 * 1024);
  expect(bytes).toBeGreaterThan(7 * 1024 * 1024);
  const numbers = kept.map(({ message }) => Number(message.split(" ")[0]));
  expect(numbers).toEqual(Array.from({ length: kept.length }, (_, at) => written - kept.length + 1 + at));
});

test("lines of an earlier release, without a sum, are the first to go", async () => {
  for (let count = 0; count < 300; count++) await redis.raw.xadd("fn:logs:hello", "*", "line", JSON.stringify(line("old")));
  for (let count = 0; count < 300; count++) await store.appendLogs("hello", lines("x".repeat(32 * 1024)));
  expect((await store.readLogs("hello", { limit: 1000 })).some(({ message }) => message === "old")).toBe(false);
});

test("a damaged entry does not hide the others", async () => {
  await store.appendLogs("hello", lines("a"));
  await redis.raw.xadd("fn:logs:hello", "*", "line", "{nonsense");
  await redis.raw.xadd("fn:logs:hello", "*", "other", "[]");
  await store.appendLogs("hello", lines("b"));
  expect((await store.readLogs("hello")).map((entry) => entry.message)).toEqual(["a", "b"]);
});

/** Collects from the follower until `count` lines are there. */
async function follow(options: { after?: string }, count: number, meanwhile: () => Promise<unknown>): Promise<string[]> {
  const stop = new AbortController();
  const messages: string[] = [];
  const reading = (async () => {
    for await (const entry of store.followLogs("hello", { ...options, signal: stop.signal })) {
      messages.push(entry.message);
      if (messages.length === count) stop.abort();
    }
  })();
  await meanwhile();
  await reading;
  return messages;
}

test("a follower gets what is there and what comes, once each", async () => {
  await store.appendLogs("hello", lines("a", "b"));
  const messages = await follow({ after: LOG_START }, 5, async () => {
    await store.appendLogs("hello", lines("c"));
    await sleep(50);
    await store.appendLogs("hello", lines("d", "e"));
  });
  expect(messages).toEqual(["a", "b", "c", "d", "e"]);
});

test("a follower without a position gets only what comes", async () => {
  await store.appendLogs("hello", lines("old"));
  const messages = await follow({}, 1, async () => {
    while ((await blockedClients()) === 0) await sleep(5);
    await store.appendLogs("hello", lines("new"));
  });
  expect(messages).toEqual(["new"]);
});

const blockedClients = async (): Promise<number> => Number(/blocked_clients:(\d+)/.exec(await redis.raw.info("clients"))?.[1]);

test("a follower ends on abort, and its connection with it", async () => {
  const before = (await redis.raw.client("LIST")) as string;
  const stop = new AbortController();
  const reading = store.followLogs("hello", { signal: stop.signal }).next();
  while ((await blockedClients()) === 0) await sleep(5);
  stop.abort();
  expect(await reading).toEqual({ value: undefined, done: true });
  while ((await blockedClients()) > 0) await sleep(5);
  expect(((await redis.raw.client("LIST")) as string).split("\n").length).toBeLessThanOrEqual(before.split("\n").length);
});

test("a signal that is already aborted ends it at once", async () => {
  const reading = store.followLogs("hello", { signal: AbortSignal.abort() });
  expect(await reading.next()).toEqual({ value: undefined, done: true });
});

test("a follower outlives a cut connection and misses nothing", async () => {
  const messages = await follow({}, 2, async () => {
    while ((await blockedClients()) === 0) await sleep(5);
    await store.appendLogs("hello", lines("before"));
    await redis.raw.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    // The store's own connection was cut as well.
    await expect
      .poll(() =>
        store.ping().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await store.appendLogs("hello", lines("after"));
  });
  expect(messages).toEqual(["before", "after"]);
});
