import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_QUEUE, redisOptions, type Attempt, type QueueLimits } from "@zygo/contracts";
import { RedisServer } from "@zygo/testkit";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AsyncLane, loadBody, type HeldBatch, type MessageVerdict } from "../src/index.ts";
import { memoryPayloads } from "./memory-payloads.ts";

let server: RedisServer;
let admin: Redis;
let lane: AsyncLane;
const payloads = memoryPayloads();

beforeAll(async () => {
  server = await RedisServer.start({ durable: true });
});
afterAll(() => server.end());
beforeEach(async () => {
  admin = new Redis(redisOptions(server.url));
  await admin.flushall();
  lane = new AsyncLane({ url: server.url, payloads, secret: "s3cret" });
  await expect.poll(() => lane.check().catch(() => ["not yet"]), { timeout: 20_000 }).toEqual([]);
});
afterEach(() => {
  lane.close();
  admin.disconnect();
});

const AT_ONCE: QueueLimits = { ...DEFAULT_QUEUE, batchSize: 3, maxWaitMs: 0 };

async function send(bodies: unknown[], { delayMs = 0, most = 1000 } = {}): Promise<string[]> {
  const messages = bodies.map((body) => ({ body: Buffer.from(JSON.stringify(body)), delayMs }));
  return await lane.messages.send({ function: "f", messages, sender: "g", limits: AT_ONCE, most });
}

let tokens = 0;
async function take(limits = AT_ONCE): Promise<HeldBatch> {
  const look = await lane.batches.take("f", { token: `t${++tokens}`, requestId: `r${tokens}` }, limits);
  if (!("held" in look)) throw new Error(`nothing to take for ${look.waitMs} ms`);
  return look.held;
}
const nothing = async (limits = AT_ONCE): Promise<number | null> => {
  const look = await lane.batches.take("f", { token: `t${++tokens}`, requestId: "r" }, limits);
  return "held" in look ? NaN : look.waitMs;
};

type Said = Partial<Pick<MessageVerdict, "kind" | "delayMs" | "alone" | "reason">>;
function settle(held: HeldBatch, ...said: Said[]): Promise<number> {
  const verdicts = held.messages.map((message, at): MessageVerdict => {
    const attempt: Attempt = {
      ...{ number: message.number, startedMs: 1, endedMs: 2, requestId: held.requestId, version: null },
      ...{ status: 200, code: null, reason: "as told", nextMs: null, receipt: null },
    };
    return { message, attempt, kind: "succeeded", reason: null, delayMs: 0, alone: false, ...said[at] };
  });
  return lane.batches.settle(held, verdicts);
}
const ids = ({ messages }: HeldBatch): string[] => messages.map(({ job }) => job.id);
const bodies = async ({ messages }: HeldBatch): Promise<unknown[]> =>
  await Promise.all(messages.map(async ({ job }) => JSON.parse(String(await loadBody(payloads, job.body))) as unknown));
const state = async (id: string): Promise<string | undefined> => (await lane.records.find(id))?.state;

test("messages come in batches, in order, and are done with once", async () => {
  const sent = await send([1, "two", { three: 3 }, null]);
  const held = await take();
  expect([ids(held), await bodies(held)]).toEqual([sent.slice(0, 3), [1, "two", { three: 3 }]]);
  expect(held.messages[0]?.job).toMatchObject({ deliver: "queue", trigger: "queue", headers: [["x-fn-caller", "g"]] });
  expect(await state(sent[0]!)).toBe("running");
  expect([await settle(held), await settle(held)]).toEqual([3, 0]);
  expect(await lane.records.find(sent[0]!)).toMatchObject({ state: "succeeded", attempts: [{ number: 1 }] });
  await settle(await take());
  expect(await lane.messages.numbers("f")).toEqual({ due: 0, delayed: 0, inFlight: 0, oldestMs: null, paused: false });
  expect(await lane.messages.names()).toEqual([]);
  expect(await admin.keys("fn:batch*")).toEqual([]);
});

test("a batch waits until it is full or its first message has waited long enough", async () => {
  const patient = { ...AT_ONCE, maxWaitMs: 60_000 };
  await send([1, 2]);
  const wait = await nothing(patient);
  expect(wait).toBeGreaterThan(50_000);
  await send([3]);
  expect(ids(await take(patient))).toHaveLength(3);
  await send([4]);
  expect(await nothing({ ...patient, maxWaitMs: 100 })).toBeLessThanOrEqual(100);
  await expect.poll(async () => ids(await take({ ...patient, maxWaitMs: 100 })).length, { timeout: 5000 }).toBe(1);
});

test("a delayed message comes no sooner, and holds no other back", async () => {
  await send(["later"], { delayMs: 60_000 });
  const [now] = await send(["now"]);
  expect(ids(await take())).toEqual([now]);
  expect(await lane.messages.numbers("f")).toMatchObject({ due: 0, delayed: 1, inFlight: 1, oldestMs: null });
});

test("as many batches as may be under way, and no more", async () => {
  await send([1, 2, 3, 4, 5, 6, 7]);
  const two = { ...AT_ONCE, concurrency: 2 };
  const first = await take(two);
  await take(two);
  expect(await nothing(two)).toBeGreaterThan(0);
  await settle(first);
  expect(ids(await take(two))).toHaveLength(1);
});

test("each message has its own end: done with, again later, a dead letter that can be redriven", async () => {
  const sent = await send([1, 2, 3]);
  await settle(await take(), {}, { kind: "retry", delayMs: 60_000, reason: "asked for" }, { kind: "failed", reason: "last attempt" });
  expect(await Promise.all(sent.map(state))).toEqual(["succeeded", "retrying", "failed"]);
  expect(await lane.records.find(sent[1]!)).toMatchObject({ reason: "asked for" });
  expect((await lane.records.dead(["f"], { offset: 0, limit: 9 })).ids).toEqual([sent[2]]);
  expect(await lane.records.deadCounts()).toEqual([{ name: "f", now: 1, ever: 1 }]);
  const { job } = (await lane.records.find(sent[2]!))!;
  expect([await lane.records.redrive(job, Date.now()), await lane.records.redrive(job, Date.now())]).toEqual([true, false]);
  expect((await take()).messages).toMatchObject([{ job: { id: sent[2] }, number: 2, base: 1 }]);
});

test("what is to come alone does, and the others are not held up by it", async () => {
  const sent = await send([1, 2, 3]);
  await settle(await take(), { kind: "retry", alone: true }, { kind: "retry", alone: true }, { kind: "free" });
  const batches = [await take(), await take(), await take()];
  expect(batches.map(ids).sort()).toEqual(sent.map((id) => [id]).sort());
  const third = batches.find((held) => ids(held)[0] === sent[2])!;
  expect(third.messages).toMatchObject([{ number: 2, base: 1 }]);
  // It stays so.
  await settle(
    batches.find((held) => ids(held)[0] === sent[0])!,
    { kind: "retry" },
  );
  await settle(
    batches.find((held) => ids(held)[0] === sent[1])!,
    { kind: "retry" },
  );
  expect(ids(await take())).toHaveLength(1);
});

test("a lease that lapses gives the messages back at no cost, and its holder has no say any more", async () => {
  const [id] = await send(["x"]);
  const lost = await take();
  await lane.batches.extend([lost]);
  await admin.zadd("fn:batches:f", 1, lost.token);
  const again = await take();
  expect([ids(again), again.recovered, again.messages[0]?.number, again.messages[0]?.base]).toEqual([[id], 1, 2, 1]);
  expect(await settle(lost, { kind: "failed" })).toBe(0);
  expect((await lane.records.find(id!))?.attempts).toMatchObject([{ number: 1, code: "GATEWAY_LOST" }]);
  expect(await settle(again)).toBe(1);
  expect(await state(id!)).toBe("succeeded");
});

test("a lease that has lapsed is not extended back to life", async () => {
  await send(["x"]);
  const lost = await take();
  await admin.zadd("fn:batches:f", 1, lost.token);
  await settle(await take());
  await lane.batches.extend([lost]);
  expect(await admin.zcard("fn:batches:f")).toBe(0);
});

test("one batch is one request: no more bytes than fit", async () => {
  await send(Array.from({ length: 60 }, () => "x".repeat(100_000)));
  const held = await take({ ...AT_ONCE, batchSize: 100 });
  expect(ids(held).length).toBe(52);
  expect(held.messages[0]?.job.body).toHaveProperty("payload");
});

test("too many are refused, all of them", async () => {
  await send([1, 2], { most: 3 });
  await expect(send([3, 4], { most: 3 })).rejects.toMatchObject({ code: "OVERLOADED" });
  expect(await lane.messages.numbers("f")).toMatchObject({ due: 2 });
});

test("paused, messages are kept and none comes; resumed, they do", async () => {
  await lane.messages.pause("f", true);
  await send([1]);
  expect(await nothing()).toBeNull();
  expect([(await lane.batches.due()).names, await lane.messages.names()]).toEqual([[], ["f"]]);
  expect(await lane.messages.numbers("f")).toMatchObject({ due: 1, paused: true });
  await lane.messages.pause("f", false);
  expect((await lane.batches.due()).names).toEqual(["f"]);
  expect(ids(await take())).toHaveLength(1);
});

describe("an end before time", () => {
  test("of all messages: those in a batch may still succeed, but do not come again", async () => {
    const sent = await send([1, 2, 3, 4, 5]);
    const held = await take();
    expect(await lane.messages.cancelAll("f", "because")).toBe(2);
    await settle(held, {}, { kind: "retry" }, { kind: "free" });
    expect(await Promise.all(sent.map(state))).toEqual(["succeeded", "cancelled", "cancelled", "cancelled", "cancelled"]);
    expect(await lane.records.find(sent[4]!)).toMatchObject({ reason: "because" });
    expect(await lane.messages.names()).toEqual([]);
  });

  test("of one that waits, and of one in a batch that is lost", async () => {
    const [waiting, held] = await Promise.all([send(["w"], { delayMs: 60_000 }), send(["h"])]).then((all) => all.flat());
    const lost = await take();
    for (const id of [waiting!, held!]) await lane.records.cancel((await lane.records.find(id))!.job, Date.now());
    expect([await state(waiting!), await state(held!)]).toEqual(["cancelled", "running"]);
    await admin.zadd("fn:batches:f", 1, lost.token);
    expect(await nothing()).toBe(0);
    expect(await state(held!)).toBe("cancelled");
    expect(await nothing()).toBeNull();
  });
});

test("settled messages are swept by themselves", async () => {
  await send([1, 2, 3]);
  await settle(await take());
  expect(await lane.records.outdated("settled", { beforeMs: Date.now() + 1, most: 0 })).toEqual([]);
  const swept = await lane.records.outdated("messages", { beforeMs: 0, most: 1 });
  expect(swept).toHaveLength(2);
  expect(await lane.records.forget(swept[0]!.id, "f")).toBe(true);
  expect(await lane.records.find(swept[0]!.id)).toBeNull();
});

test("only what brings a batch about wakes those who take", async () => {
  const heard: string[] = [];
  lane.events.on(({ kind, about }) => void heard.push(`${kind} ${about}`));
  await expect.poll(() => heard).toEqual(["missed "]);
  await send([1]);
  await expect.poll(() => heard).toContain("messages f");
  const before = heard.length;
  await send([2]);
  await sleep(50);
  expect(heard.length).toBe(before);
});
