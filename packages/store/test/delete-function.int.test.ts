import { DEFAULT_LIMITS, Schedule, type StoredWebhook } from "@zygo/contracts";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStore, type Store } from "../src/index.ts";
import { ownRedis } from "./own-redis.ts";
import { digest, versionRecord } from "./versions.ts";

const redis = ownRedis();
const NOW = 1_764_000_000_000;
let store: Store;
let raw: Redis;

beforeEach(() => {
  store = createStore({ url: redis.server.url, now: () => NOW });
  raw = new Redis(redis.server.url.replace("unix://", ""));
});
afterEach(() => {
  store.close();
  raw.disconnect();
});

const schedule = (name: string): Schedule =>
  Schedule.parse({
    ...{ name, schedule: "* * * * *", timeZone: "UTC", overlap: "skip", catchUp: "none", jitterMs: 0, retry: {} },
    ...{ onFailureAfter: 1, onFailure: null },
  });
const hook = (name: string, id: string): StoredWebhook => ({
  ...{ name, function: id, provider: "github", hmac: null, methods: ["POST"], maxBytes: 1024, createdMs: NOW, secrets: [] },
});

/** A function with a schedule of its config and one by hand, each with slots in every state, and a webhook. */
async function make(id: string): Promise<void> {
  await store.putVersion({ ...versionRecord(id, "aa"), limits: { ...DEFAULT_LIMITS, cron: [schedule("configured")] } });
  await store.moveAlias({ name: id, alias: "live", version: digest("aa") });
  await store.addSchedule({ ...schedule("by-hand"), function: id, createdMs: NOW });
  for (const name of ["configured", "by-hand"]) {
    const key = { function: id, name };
    await store.scheduleState(key, "* * * * * UTC");
    await store.pauseSchedule(key, true);
    await store.recordSlot({ ...key, record: { slotMs: NOW, state: "fired", invocation: "i" } });
    await store.claimSlot(key, NOW + 60_000);
  }
  await store.addWebhook(hook(`hook-of-${id}`, id));
}

test("a deleted function leaves no schedule, slot or webhook, and another one's stay", async () => {
  await make("hello");
  const kept = (await raw.keys("*")).sort();
  const open = await store.openSlots(10);
  await make("hello-too");
  await store.deleteFunction("hello-too");

  expect((await raw.keys("*")).sort()).toEqual(kept);
  expect(await store.openSlots(10)).toEqual(open);
  expect(await raw.zrange("fn:slot-claims", 0, "-1")).toEqual([`hello by-hand ${NOW + 60_000}`, `hello configured ${NOW + 60_000}`]);
  expect((await store.listWebhooks()).map(({ name }) => name)).toEqual(["hook-of-hello"]);
  expect((await store.storedSchedules()).map((each) => each.function)).toEqual(["hello"]);
});

test("a new function of that name begins anew", async () => {
  await make("hello");
  await store.deleteFunction("hello");
  await store.putVersion({ ...versionRecord("hello", "aa"), limits: { ...DEFAULT_LIMITS, cron: [schedule("configured")] } });
  await store.moveAlias({ name: "hello", alias: "live", version: digest("aa") });
  const key = { function: "hello", name: "configured" };
  expect(await store.scheduleState(key, "* * * * * UTC")).toMatchObject({ paused: false, failures: 0, last: null, newestMs: null });
  expect(await store.slotRecords(key, 10)).toEqual([]);
  expect(await store.webhook("hook-of-hello")).toBeNull();
});

test("a damaged version or webhook hinders no deletion", async () => {
  await make("hello");
  await raw.hset("fn:versions:hello", digest("bb"), "{");
  await raw.hset("fn:webhooks", "broken", "nonsense");
  expect(await store.deleteFunction("hello")).toBe(true);
  expect(await store.find("hello")).toBeNull();
});
