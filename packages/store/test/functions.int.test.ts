import { afterEach, beforeEach, expect, test } from "vitest";
import { createStore, type Store } from "../src/index.ts";
import { ownRedis } from "./own-redis.ts";
import { digest, versionRecord } from "./versions.ts";

const redis = ownRedis();
let store: Store;
let clock = 1_764_000_000_000;

beforeEach(() => {
  store = createStore({ url: redis.server.url, now: () => ++clock });
});
afterEach(() => store.close());

const live = (name: string, start: string): Promise<unknown> => store.moveAlias({ name, alias: "live", version: digest(start) });

test("what does not exist is null, empty or false", async () => {
  expect(await store.find("hello")).toBeNull();
  expect(await store.list()).toEqual([]);
  expect(await store.version("hello", digest("aa"))).toBeNull();
  expect(await store.listVersions("hello")).toEqual([]);
  expect(await store.deleteFunction("hello")).toBe(false);
});

test("the first move of `live` creates the function, the next ones update it", async () => {
  await store.putVersion(versionRecord("hello", "aa"));
  await store.putVersion(versionRecord("hello", "bb"));
  const first = await store.moveAlias({ name: "hello", alias: "live", version: digest("aa") });
  expect(first).toEqual({ name: "hello", createdMs: clock, updatedMs: clock, aliases: { live: digest("aa") } });

  await store.moveAlias({ name: "hello", alias: "old", version: digest("aa") });
  const last = await store.moveAlias({ name: "hello", alias: "live", version: digest("bb") });
  expect(last).toEqual({ ...first, updatedMs: clock, aliases: { live: digest("bb"), old: digest("aa") } });
  expect(await store.find("hello")).toEqual(last);
});

test("no alias points at a version that is not there, and none but `live` creates a function", async () => {
  await expect(live("hello", "aa")).rejects.toMatchObject({ code: "VERSION_NOT_FOUND" });
  expect(await store.find("hello")).toBeNull();
  await store.putVersion(versionRecord("hello", "aa"));
  await expect(store.moveAlias({ name: "hello", alias: "old", version: digest("aa") })).rejects.toMatchObject({
    code: "FUNCTION_NOT_FOUND",
  });
});

test("a version of another function does not count", async () => {
  await store.putVersion(versionRecord("other", "aa"));
  await expect(live("hello", "aa")).rejects.toMatchObject({ code: "VERSION_NOT_FOUND" });
});

test("versions are immutable, the newest comes first", async () => {
  const record = versionRecord("hello", "aa", 1000);
  expect(await store.putVersion(record)).toBe(true);
  expect(await store.putVersion({ ...record, entry: "changed.ts" })).toBe(false);
  await store.putVersion(versionRecord("hello", "bb", 2000));
  expect(await store.version("hello", digest("aa"))).toEqual(record);
  expect((await store.listVersions("hello")).map((version) => version.version)).toEqual([digest("bb"), digest("aa")]);
});

test("parallel moves of different aliases keep each other", async () => {
  await store.putVersion(versionRecord("hello", "aa"));
  await live("hello", "aa");
  const names = Array.from({ length: 50 }, (_, index) => `alias-${index}`);
  await Promise.all(names.map((alias) => store.moveAlias({ name: "hello", alias, version: digest("aa") })));
  expect(Object.keys((await store.find("hello"))?.aliases ?? {}).sort()).toEqual([...names, "live"].sort());
});

test("functions are listed by name", async () => {
  for (const name of ["zeta", "alpha", "mid"]) {
    await store.putVersion(versionRecord(name, "aa"));
    await live(name, "aa");
  }
  expect((await store.list()).map((record) => record.name)).toEqual(["alpha", "mid", "zeta"]);
});

test("delete removes record, versions and log, and nothing of another function", async () => {
  for (const name of ["hello", "other"]) {
    await store.putVersion(versionRecord(name, "aa"));
    await live(name, "aa");
    await store.appendLogs(name, [{ time: 1, level: "info", requestId: null, version: "aa", message: "hi" }]);
  }
  expect(await store.deleteFunction("hello")).toBe(true);
  expect((await redis.raw.keys("*")).sort()).toEqual(["fn:functions", "fn:logs:other", "fn:versions:other"]);
  expect(await store.find("other")).not.toBeNull();
});

test("a damaged record is INTERNAL, not a crash elsewhere", async () => {
  await redis.raw.hset("fn:functions", "hello", "{");
  await expect(store.find("hello")).rejects.toMatchObject({ code: "INTERNAL" });
  await redis.raw.hset("fn:functions", "hello", JSON.stringify({ name: "hello", aliases: "live" }));
  await expect(store.find("hello")).rejects.toMatchObject({ code: "INTERNAL" });
});

test("a key of the wrong type is INTERNAL", async () => {
  await redis.raw.set("fn:functions", "not a hash");
  await expect(store.find("hello")).rejects.toMatchObject({ code: "INTERNAL" });
});
