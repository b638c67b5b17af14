import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { redisOptions } from "@zygo/contracts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SyncLane } from "../src/index.ts";
import { RedisServer } from "@zygo/testkit";

const NEVER = new AbortController().signal;
let server: RedisServer;
let lane: SyncLane;
let admin: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.end());
beforeEach(async () => {
  admin = new Redis(redisOptions(server.url));
  admin.on("error", () => {});
  await admin.flushall();
  lane = new SyncLane({ url: server.url });
  await eventually(() => lane.depth());
});
afterEach(() => {
  lane.close();
  admin.disconnect();
});

/** Until it no longer rejects. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + 3000; ; await sleep(10)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

/** Takes until `count` are there. */
async function takeAll(count: number, max = 1000): Promise<string[]> {
  const taken: string[] = [];
  for (const until = Date.now() + 4000; taken.length < count && Date.now() < until;) {
    taken.push(...(await lane.take(max, NEVER)).map(String));
  }
  return taken;
}

async function commandsDuring(act: () => Promise<unknown>): Promise<number> {
  const calls = async (): Promise<number> => Number(/cmdstat_lpush:calls=(\d+)/.exec(await admin.info("commandstats"))?.[1] ?? 0);
  const before = await calls();
  await act();
  return (await calls()) - before;
}

test("first in, first out, byte for byte", async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  await lane.enqueue(bytes);
  await lane.enqueue(Buffer.from("second"));
  expect(await lane.depth()).toBe(2);
  const taken = await takeAll(2);
  expect(taken[0]).toBe(String(bytes));
  expect(taken[1]).toBe("second");
  expect(await lane.depth()).toBe(0);
});

test("concurrent calls share one write and keep their order", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `envelope ${index}`);
  const writes = await commandsDuring(() => Promise.all(names.map((name) => lane.enqueue(Buffer.from(name)))));
  expect(writes).toBe(1);
  expect(await takeAll(200)).toEqual(names);
});

test("takes no more than it was asked for", async () => {
  await Promise.all(["a", "b", "c"].map((name) => lane.enqueue(Buffer.from(name))));
  await eventually(async () => expect((await lane.take(2, NEVER)).map(String)).toEqual(["a", "b"]));
  expect(await lane.depth()).toBe(1);
});

test("a waiting taker gets what comes at once", async () => {
  await lane.take(1, NEVER);
  const taking = lane.take(5, NEVER);
  await sleep(50);
  const startMs = performance.now();
  await lane.enqueue(Buffer.from("late"));
  expect((await taking).map(String)).toEqual(["late"]);
  expect(performance.now() - startMs).toBeLessThan(500);
});

test("an aborted take ends early and loses nothing", async () => {
  await lane.take(1, NEVER);
  await sleep(100);
  const stop = new AbortController();
  const taking = lane.take(1, stop.signal);
  await sleep(50);
  const startMs = performance.now();
  stop.abort();
  expect(await taking).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(500);
  await lane.enqueue(Buffer.from("kept"));
  expect(await lane.depth()).toBe(1);
  expect(await lane.take(1, stop.signal)).toEqual([]);
  expect(await takeAll(1)).toEqual(["kept"]);
});

test("what waits is told from what was taken", async () => {
  await Promise.all(["first", "second"].map((name) => lane.enqueue(Buffer.from(name))));
  expect(await takeAll(1, 1)).toEqual(["first"]);
  expect([await lane.holds(Buffer.from("first")), await lane.holds(Buffer.from("second"))]).toEqual([false, true]);
  expect(await takeAll(1, 1)).toEqual(["second"]);
});

test("what was removed is not taken; removing twice says so", async () => {
  await Promise.all(["stays", "leaves"].map((name) => lane.enqueue(Buffer.from(name))));
  expect(await lane.remove(Buffer.from("leaves"))).toBe(true);
  expect(await lane.remove(Buffer.from("leaves"))).toBe(false);
  expect(await takeAll(1)).toEqual(["stays"]);
  expect(await lane.depth()).toBe(0);
});

describe("Redis away", () => {
  test("down: fails at once; works again by itself, both sides", async () => {
    await lane.take(1, NEVER);
    await server.down();
    await expect
      .poll(() =>
        lane.enqueue(Buffer.from("x")).then(
          () => "in",
          (error: { code: string }) => error.code,
        ),
      )
      .toBe("QUEUE_UNAVAILABLE");
    const startMs = performance.now();
    await expect(lane.enqueue(Buffer.from("x"))).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    await expect(lane.depth()).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    expect(performance.now() - startMs).toBeLessThan(100);
    expect(await lane.take(1, NEVER)).toEqual([]);
    expect(await lane.remove(Buffer.from("x"))).toBe(false);
    await server.up();
    await eventually(() => lane.enqueue(Buffer.from("back")));
    expect(await takeAll(1)).toEqual(["back"]);
  });

  test("hanging: fails within a second, then at once; works again by itself, and what failed is not left behind", async () => {
    server.hang();
    try {
      const startMs = performance.now();
      await expect(lane.enqueue(Buffer.from("lost"))).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
      expect(performance.now() - startMs).toBeLessThan(1000);
      await sleep(200);
      const againMs = performance.now();
      await expect(lane.enqueue(Buffer.from("lost too"))).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
      expect(performance.now() - againMs).toBeLessThan(100);
    } finally {
      server.resume();
    }
    await eventually(() => lane.enqueue(Buffer.from("back")));
    expect(await takeAll(1)).toEqual(["back"]);
    expect(await lane.depth()).toBe(0);
  });

  test("hanging under a blocked taker: the watchdog gives the connection up, and the next take works", async () => {
    await lane.take(1, NEVER);
    await sleep(50);
    const taking = lane.take(1, NEVER);
    server.hang();
    try {
      expect(await taking).toEqual([]);
    } finally {
      server.resume();
    }
    await eventually(() => lane.enqueue(Buffer.from("back")));
    expect(await takeAll(1)).toEqual(["back"]);
  });
});

test("a closed lane rejects and takes nothing; closing twice is fine", async () => {
  lane.close();
  lane.close();
  await expect(lane.enqueue(Buffer.from("x"))).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
  expect(await lane.take(1, NEVER)).toEqual([]);
});

test("what was popped for a process that is held up is not lost", async () => {
  const taker = spawn(process.execPath, [fileURLToPath(new URL("fixtures/take-once.ts", import.meta.url)), server.url]);
  const taken = text(taker.stdout);
  await eventually(async () => {
    if (!/cmd=blmpop/.test(String(await admin.client("LIST")))) throw new Error("it does not wait yet");
  });
  taker.kill("SIGSTOP");
  await lane.enqueue(Buffer.from("late"));
  await sleep(3000);
  taker.kill("SIGCONT");
  expect(await taken).toBe("late");
}, 10_000);
