import { setTimeout as sleep } from "node:timers/promises";
import { redisOptions, type Attempt } from "@zygo/contracts";
import { RedisServer } from "@zygo/testkit";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AsyncLane, type HeldAttempt } from "../src/index.ts";
import { memoryPayloads } from "./memory-payloads.ts";

let server: RedisServer;
let admin: Redis;
let lane: AsyncLane;
let payloads = memoryPayloads();

beforeAll(async () => {
  server = await RedisServer.start({ durable: true });
});
afterAll(() => server.end());
beforeEach(async () => {
  admin = new Redis(redisOptions(server.url));
  admin.on("error", () => {});
  await admin.flushall();
  payloads = memoryPayloads();
  lane = open();
  await eventually(() => lane.check());
});
afterEach(() => {
  lane.close();
  admin.disconnect();
});

const open = (): AsyncLane => new AsyncLane({ url: server.url, payloads, secret: "s3cret" });
const URL = "http://f.test/";

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + 20_000; ; await sleep(20)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

let tokens = 0;
async function take(name: string, from = lane): Promise<HeldAttempt> {
  const look = await from.source.take(name, { token: `t${++tokens}`, requestId: `r${tokens}` });
  if (!("held" in look)) throw new Error(`nothing to take, due ${look.dueMs}`);
  return look.held;
}

const ended = (held: HeldAttempt, over: Partial<Attempt> = {}): Attempt => ({
  number: held.number,
  startedMs: held.startedMs,
  endedMs: Date.now(),
  requestId: held.requestId,
  version: null,
  status: 200,
  code: null,
  reason: "It answered 200.",
  receipt: null,
  nextMs: null,
  ...over,
});

const succeed = (held: HeldAttempt): Promise<boolean> =>
  lane.source.settle(held, { state: "succeeded", attempt: ended(held), reason: null, answer: null });
const fail = (held: HeldAttempt): Promise<boolean> =>
  lane.source.settle(held, { state: "failed", attempt: ended(held, { status: 500 }), reason: "It answered 500.", answer: null });

test("a job is taken once, with all that it was given, and is settled once", async () => {
  const { id } = await lane.enqueue({ function: "f", url: URL, ref: "live", body: Buffer.from("hi"), headers: [["a", "b"]] });
  expect(id).toMatch(/^[\w-]{24}$/);
  expect((await lane.source.due(Date.now())).names).toEqual(["f"]);
  const held = await take("f");
  expect(held).toMatchObject({ number: 1, base: 0, job: { id, function: "f", ref: "live", method: "POST", headers: [["a", "b"]] } });
  await expect(take("f")).rejects.toThrow("nothing to take");
  expect((await lane.records.find(id))?.state).toBe("running");
  expect(await succeed(held)).toBe(true);
  expect(await succeed(held)).toBe(false);
  expect(await lane.records.find(id)).toMatchObject({ state: "succeeded", attempts: [{ number: 1, status: 200 }] });
  // Nothing of it is left in BullMQ.
  expect(await admin.exists(`fn:jobs:f:${id}`)).toBe(0);
});

test("the same dedupe key is the same invocation; with another fingerprint it is refused", async () => {
  const first = await lane.enqueue({ function: "f", url: URL, dedupeKey: "k" }, "one");
  const again = await lane.enqueue({ function: "f", url: URL, dedupeKey: "k" }, "one");
  expect(again).toEqual({ id: first.id, duplicate: true });
  await expect(lane.enqueue({ function: "f", url: URL, dedupeKey: "k" }, "two")).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  expect((await lane.enqueue({ function: "g", url: URL, dedupeKey: "k" }, "two")).id).not.toBe(first.id);
  await succeed(await take("f"));
  // Known still, and not run again.
  expect((await lane.enqueue({ function: "f", url: URL, dedupeKey: "k" }, "one")).duplicate).toBe(true);
  await expect(take("f")).rejects.toThrow("nothing to take");
});

test("a retry waits until it is due and counts its attempts", async () => {
  await lane.enqueue({ function: "f", url: URL });
  const held = await take("f");
  const nextMs = Date.now() + 200;
  expect(await lane.source.retry(held, { ...ended(held, { status: 500 }), nextMs })).toBe("OK");
  const look = await lane.source.take("f", { token: "early", requestId: "r" });
  // Within the time that the call took: it is a length of time that is kept.
  expect(look).toEqual({ dueMs: expect.closeTo(nextMs, -3) as number });
  const again = await eventually(() => take("f"));
  expect(Date.now()).toBeGreaterThanOrEqual("dueMs" in look ? (look.dueMs ?? Infinity) : Infinity);
  expect(again.number).toBe(2);
});

test("what runs later is not taken before, and a higher priority comes first", async () => {
  const runAtMs = Date.now() + 60_000;
  await lane.enqueue({ function: "f", url: URL, runAtMs });
  expect(await lane.source.take("f", { token: "t", requestId: "r" })).toEqual({ dueMs: runAtMs });
  const low = await lane.enqueue({ function: "f", url: URL, priority: 9 });
  const high = await lane.enqueue({ function: "f", url: URL, priority: 1 });
  expect([(await take("f")).job.id, (await take("f")).job.id]).toEqual([high.id, low.id]);
});

test("a function has no more active jobs than its limit, over all processes", async () => {
  const other = open();
  await eventually(() => other.check());
  await lane.source.limit("f", 2);
  for (let at = 0; at < 3; at++) await lane.enqueue({ function: "f", url: URL });
  const [first] = [await take("f"), await take("f", other)];
  expect(await lane.source.take("f", { token: "t", requestId: "r" })).toEqual({ dueMs: 0 });
  await succeed(first);
  expect((await take("f")).number).toBe(1);
  other.close();
});

test("the job of a process that died is taken again, and the dead one can no longer settle it", async () => {
  const { id } = await lane.enqueue({ function: "f", url: URL });
  const lost = await take("f");
  const startedMs = Date.now();
  const again = await eventually(async () => {
    await lane.source.recover("f");
    return await take("f");
  });
  expect(Date.now() - startedMs).toBeLessThan(15_000);
  expect(again).toMatchObject({ number: 2, recovered: true });
  expect(await succeed(lost)).toBe(false);
  expect(await succeed(again)).toBe(true);
  expect((await lane.records.find(id))?.attempts).toMatchObject([
    { number: 1, code: "GATEWAY_LOST" },
    { number: 2, status: 200 },
  ]);
});

test("what is held and kept is not given to another", async () => {
  await lane.enqueue({ function: "f", url: URL });
  const held = await take("f");
  for (const until = Date.now() + 9000; Date.now() < until; await sleep(1000)) {
    await lane.source.extend([held]);
    await lane.source.recover("f");
    await expect(take("f")).rejects.toThrow("nothing to take");
  }
  expect(await succeed(held)).toBe(true);
});

test("cancelled: what waits is settled at once, what runs is told and cannot be tried again", async () => {
  const events: string[] = [];
  lane.events.on(({ kind, about }) => void events.push(`${kind} ${about}`));
  await eventually(() => Promise.resolve(expect(events).toContain("missed ")));
  const waiting = await lane.enqueue({ function: "f", url: URL });
  const record = await lane.records.find(waiting.id);
  expect(await lane.records.cancel(record!.job, Date.now())).toBe("queued");
  await expect(take("f")).rejects.toThrow("nothing to take");
  await lane.enqueue({ function: "f", url: URL });
  const held = await take("f");
  expect(await lane.records.cancel(held.job, Date.now())).toBe("running");
  expect(await lane.source.retry(held, { ...ended(held), nextMs: Date.now() })).toBe("CANCELLED");
  await eventually(() => Promise.resolve(expect(events).toContain(`cancel ${held.job.id}`)));
  expect(events).toContain(`settled ${waiting.id}`);
});

test("dead letters: listed, redriven with all attempts ahead, forgotten", async () => {
  const { id } = await lane.enqueue({ function: "f", url: URL });
  await fail(await take("f"));
  expect(await lane.records.dead(null, { offset: 0, limit: 10 })).toEqual({ ids: [id], total: 1 });
  expect(await lane.records.dead(["g"], { offset: 0, limit: 10 })).toEqual({ ids: [], total: 0 });
  const { job } = (await lane.records.find(id))!;
  expect(await lane.records.redrive(job, Date.now())).toBe(true);
  expect(await lane.records.redrive(job, Date.now())).toBe(false);
  const again = await take("f");
  expect(again).toMatchObject({ number: 2, base: 1 });
  await fail(again);
  expect(await lane.records.deadCounts()).toEqual([{ name: "f", now: 1, ever: 2 }]);
  expect(await lane.records.outdated("dead", { beforeMs: Date.now() + 1, most: 10 })).toEqual([{ id, name: "f" }]);
  expect(await lane.records.forget(id, "f")).toBe(true);
  expect(await lane.records.find(id)).toBeNull();
  expect(await admin.exists("fn:dead:f", "fn:dead-functions")).toBe(0);
});

test("a body over the inline bound lies in the payload store, not in Redis", async () => {
  const body = Buffer.alloc(200_000, 7);
  const { id } = await lane.enqueue({ function: "f", url: URL, body });
  expect(payloads.held.get(`${id}.request`)).toEqual(body);
  expect(await admin.hstrlen(`fn:invocation:${id}`, "job")).toBeLessThan(2000);
});

test("Redis away: refused, never taken for accepted; back: what was accepted is there", async () => {
  const { id } = await lane.enqueue({ function: "f", url: URL });
  await server.down();
  await eventually(async () => {
    await expect(lane.enqueue({ function: "f", url: URL })).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
  });
  await server.up();
  expect((await eventually(() => take("f"))).job.id).toBe(id);
});

test("Redis hangs: refused within two seconds", async () => {
  server.hang();
  try {
    await expect(lane.enqueue({ function: "f", url: URL })).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
  } finally {
    server.resume();
  }
});

test("a Redis that would lose what it accepts is refused with the reason", async () => {
  expect(await lane.check()).toEqual([]);
  await admin.config("SET", "appendfsync", "everysec");
  expect(await lane.check()).toEqual([expect.stringContaining("WAITAOF")]);
  await admin.config("SET", "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru");
  await admin.config("SET", "appendonly", "no");
  expect(await lane.check()).toEqual([expect.stringContaining("noeviction"), expect.stringContaining("appendonly")]);
  await admin.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction", "appendonly", "yes", "appendfsync", "always");
});

test("an Idempotency-Key is claimed once, replays its answer, and is free again without one", async () => {
  const claim = { digest: "d", fingerprint: "x", token: "a", holdMs: 60_000 };
  const { idempotency } = lane;
  expect(await idempotency.begin("f", claim)).toEqual({ kind: "claimed" });
  expect(await idempotency.begin("f", { ...claim, token: "b" })).toEqual({ kind: "in-flight" });
  expect(await idempotency.begin("f", { ...claim, fingerprint: "y" })).toEqual({ kind: "other" });
  const answer = { status: 201, headers: [["a", "b"] as [string, string]], body: { inline: "aGk=" } };
  await idempotency.end("f", { digest: "d", token: "b", answer: null, keepMs: 1 });
  await idempotency.end("f", { digest: "d", token: "a", answer, keepMs: 60_000 });
  expect(await idempotency.begin("f", claim)).toEqual({ kind: "done", answer });
  await idempotency.end("f", { digest: "d", token: "a", answer: null, keepMs: 1 });
  expect(await idempotency.begin("f", claim)).toEqual({ kind: "claimed" });
});

describe("a clock that was an hour ahead", () => {
  const ahead = async <T>(work: () => Promise<T>): Promise<T> => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    try {
      return await work();
    } finally {
      vi.useRealTimers();
    }
  };
  /** Minutes. */
  const dueIn = async (id: string): Promise<number> => {
    const score = await admin.zscore("fn:jobs:f:delayed", id);
    return Math.round((Number(score) / 4096 - Date.now()) / 60_000);
  };

  test("what it put off, a retry or a delay, waits as long as it was meant to, once the clock is right and that is noticed", async () => {
    const { id: retried } = await lane.enqueue({ function: "f", url: URL });
    const { id: delayed } = await ahead(async () => {
      const held = await take("f");
      const endedMs = Date.now();
      await lane.source.retry(held, { ...ended(held), endedMs, nextMs: endedMs + 1_200_000 });
      return await lane.enqueue({ function: "f", url: URL, delayMs: 2_400_000 });
    });
    expect([await dueIn(retried), await dueIn(delayed)]).toEqual([80, 100]);
    expect(await lane.source.replan(Date.now())).toBe(2);
    expect([await dueIn(retried), await dueIn(delayed)]).toEqual([20, 40]);
    expect(await lane.source.replan(Date.now())).toBe(0);
    // The queue was looked at, and says when it needs the next look.
    expect((await lane.source.due(Date.now())).names).toEqual(["f"]);
  });

  test("a time that was asked for stays, and so does what a right clock put off", async () => {
    const runAtMs = Date.now() + 7_200_000;
    const { id: asked } = await ahead(() => lane.enqueue({ function: "f", url: URL, runAtMs }));
    const { id: delayed } = await lane.enqueue({ function: "f", url: URL, delayMs: 600_000 });
    expect(await lane.source.replan(Date.now())).toBe(0);
    expect([await dueIn(asked), await dueIn(delayed)]).toEqual([120, 10]);
  });
});
