import { DEFAULT_LIMITS, type ScheduleSpec, type SlotRecord } from "@zygo/contracts";
import { decideSchedule } from "@zygo/core";
import { AsyncLane } from "@zygo/queue";
import { createLog } from "@zygo/service";
import { createStore, type Store } from "@zygo/store";
import { RedisServer, waitFor } from "@zygo/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scheduler } from "../src/cron/scheduler.ts";

/** Two schedulers on one real Redis, and a clock that the test sets. Nothing takes the jobs: a run goes on until the test cancels it. */
let redis: RedisServer;
let clockMs: number;
let parts: { scheduler: Scheduler; store: Store; lane: AsyncLane }[];
let store: Store;
let lane: AsyncLane;
/** Runs of schedules are small. */
const NO_PAYLOADS = {
  put: () => Promise.reject(new Error("too large")),
  get: () => Promise.resolve(null),
  remove: () => Promise.resolve(),
};
const log = createLog({
  service: "control",
  level: "error",
  sink: { write: (text) => void process.stderr.write(text), flush: () => undefined },
});
const now = (): number => clockMs;
const at = (time: string): number => Date.parse(`2026-03-01T${time}Z`);
const KEY = { function: "f", name: "s" };

beforeEach(async () => {
  redis = await RedisServer.start({ durable: true });
  clockMs = at("00:00:10");
  parts = [makePart(), makePart()];
  [{ store, lane }] = parts as [(typeof parts)[number]];
});

afterEach(async () => {
  for (const part of parts) {
    part.scheduler.stop();
    part.lane.close();
    part.store.close();
  }
  await redis.end();
});

function makePart(): (typeof parts)[number] {
  const own = createStore({ url: redis.url, now });
  const jobs = new AsyncLane({ url: redis.url, payloads: NO_PAYLOADS, secret: "s" });
  return { scheduler: new Scheduler({ store: own, jobs, log, now }), store: own, lane: jobs };
}

/** A function with this schedule, and both schedulers, which have seen it. */
async function start(spec: Partial<ScheduleSpec>): Promise<void> {
  const schedule = decideSchedule({ schedule: "* * * * *", name: "s", ...spec });
  const version = `sha256:${"1".repeat(64)}`;
  await waitFor("Redis", () =>
    lane.check().then(
      () => true,
      () => false,
    ),
  );
  await store.putVersion({
    ...{ function: "f", version, createdMs: 1, limits: { ...DEFAULT_LIMITS, cron: [schedule] }, env: {}, handlers: ["scheduled"] },
    ...{ format: "cjs", bundleBytes: 1, layer: version, sourceMap: null, startup: { totalMs: 1, loadMs: 1 }, entry: "f.ts" },
  });
  await store.moveAlias({ name: "f", alias: "live", version });
  // What it remembers begins now: slots of before are not its.
  await store.scheduleState(KEY, `${schedule.schedule} ${schedule.timeZone}`);
  for (const { scheduler } of parts) scheduler.start();
}

const records = async (): Promise<SlotRecord[]> => (await store.slotRecords(KEY, 100)).reverse();
const states = async (): Promise<string[]> =>
  (await records()).map(({ slotMs, state }) => `${new Date(slotMs).toISOString().slice(11, 19)} ${state}`);
const until = (expected: string[]): Promise<void> => expect.poll(states, { timeout: 10_000 }).toEqual(expected);

async function end(slot: number): Promise<void> {
  const { invocation } = (await records())[slot] as SlotRecord;
  const found = await lane.records.find(invocation ?? "");
  await lane.records.cancel(found!.job, now());
}

describe("two schedulers", () => {
  test("fire each slot once, with what the handler is told", async () => {
    await start({ overlap: "allow" });
    for (const [minute, count] of [
      ["01", 1],
      ["02", 2],
      ["03", 3],
    ] as const) {
      clockMs = at(`00:${minute}:00`);
      await waitFor(`slot ${count}`, async () => (await records()).length === count);
    }
    await until(["00:01:00 fired", "00:02:00 fired", "00:03:00 fired"]);
    const invocations = (await records()).map(({ invocation }) => invocation ?? "");
    expect(new Set(invocations).size).toBe(3);
    const { job } = (await lane.records.find(invocations[0]!))!;
    expect(job).toMatchObject({ function: "f", trigger: "cron", deliver: "scheduled", retry: { attempts: 1 } });
    const told = JSON.parse(Buffer.from((job.body as { inline: string }).inline, "base64").toString()) as object;
    expect(told).toEqual({ name: "s", schedule: "* * * * *", timeZone: "UTC", scheduledTime: at("00:01:00"), manual: false });
  });

  test("a clock that goes back fires no slot again", async () => {
    await start({ overlap: "allow" });
    clockMs = at("00:01:00");
    await until(["00:01:00 fired"]);
    clockMs = at("00:00:30");
    for (const { scheduler } of parts) scheduler.stop();
    parts.push(makePart());
    parts.at(-1)!.scheduler.start();
    clockMs = at("00:01:01");
    clockMs = at("00:02:00");
    await until(["00:01:00 fired", "00:02:00 fired"]);
  });
});

describe("a slot that comes while the run before it goes on", () => {
  test("skip", async () => {
    await start({ overlap: "skip" });
    clockMs = at("00:01:00");
    await until(["00:01:00 fired"]);
    clockMs = at("00:02:00");
    await until(["00:01:00 fired", "00:02:00 skipped"]);
    expect((await records())[1]?.why).toBe("The run of 2026-03-01T00:01:00.000Z was still under way");
    await end(0);
    clockMs = at("00:03:00");
    await until(["00:01:00 cancelled", "00:02:00 skipped", "00:03:00 fired"]);
  });

  test("queue: in their order, one after the other", async () => {
    await start({ overlap: "queue" });
    clockMs = at("00:01:00");
    await until(["00:01:00 fired"]);
    clockMs = at("00:02:00");
    await until(["00:01:00 fired", "00:02:00 waiting"]);
    clockMs = at("00:03:00");
    await until(["00:01:00 fired", "00:02:00 waiting", "00:03:00 waiting"]);
    await end(0);
    await until(["00:01:00 cancelled", "00:02:00 fired", "00:03:00 waiting"]);
    await end(1);
    await until(["00:01:00 cancelled", "00:02:00 cancelled", "00:03:00 fired"]);
  });

  test("replace", async () => {
    await start({ overlap: "replace" });
    clockMs = at("00:01:00");
    await until(["00:01:00 fired"]);
    clockMs = at("00:02:00");
    await until(["00:01:00 cancelled", "00:02:00 fired"]);
  });
});

describe("slots that went by", () => {
  test.each([
    ["none", ["missed", "missed", "fired"]],
    ["last", ["missed", "missed", "fired"]],
    [{ all: 2 }, ["missed", "fired", "fired"]],
  ] as const)("%j leave records", async (catchUp, expected) => {
    await start({ overlap: "allow", catchUp });
    // The last one is only just over.
    clockMs = at("00:03:05");
    await expect.poll(async () => (await records()).map(({ state }) => state), { timeout: 10_000 }).toEqual(expected);
  });

  test("none runs when all are long over", async () => {
    await start({ schedule: "0 * * * *", overlap: "allow" });
    clockMs = at("02:30:00");
    await until(["01:00:00 missed", "02:00:00 missed"]);
  });
});

test("onFailureAfter: of failures in a row, the run that completes them alone has somebody told", async () => {
  await start({ overlap: "allow", onFailureAfter: 2, onFailure: { function: "g" } });
  const told: unknown[] = [];
  for (const minute of [1, 2, 3]) {
    clockMs = at(`00:0${minute}:00`);
    await waitFor(`slot ${minute}`, async () => (await records()).length === minute && (await records()).at(-1)?.state === "fired");
    const record = (await records()).at(-1)!;
    told.push((await lane.records.find(record.invocation!))?.job.onFailure);
    await store.recordSlot({ ...KEY, record: { ...record, state: "failed" }, failures: "+" });
  }
  expect(told).toEqual(["none", { function: "g" }, "none"]);
});

test("onFailureAfter: without a destination of the schedule's own the function's is told", async () => {
  await start({ overlap: "allow" });
  clockMs = at("00:01:00");
  await until(["00:01:00 fired"]);
  const [record] = await records();
  expect((await lane.records.find(record!.invocation!))?.job.onFailure).toBeNull();
});

test("a paused schedule fires nothing, and catches up with nothing", async () => {
  await start({ overlap: "allow", catchUp: { all: 10 } });
  await store.pauseSchedule(KEY, true);
  clockMs = at("00:05:30");
  await store.pauseSchedule(KEY, false);
  clockMs = at("00:06:00");
  await until(["00:06:00 fired"]);
});

test("Redis away when the slot comes: it fires once Redis is back", async () => {
  await start({ overlap: "allow" });
  await redis.down();
  clockMs = at("00:01:00");
  await redis.up();
  await until(["00:01:00 fired"]);
});
