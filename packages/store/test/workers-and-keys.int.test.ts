import { RedisServer } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore, type Store } from "../src/index.ts";

let server: RedisServer;
let store: Store;
let clock = 1_000_000;

beforeAll(async () => {
  server = await RedisServer.start();
  store = createStore({ url: server.url, now: () => clock });
});
afterAll(async () => {
  store.close();
  await server.end();
});

test("live workers are those seen lately, latest first", async () => {
  await store.announceWorker("w1", "unix:/a");
  clock += 1000;
  await store.announceWorker("w2", "unix:/b");
  expect(await store.liveWorkers(3000)).toEqual([
    { id: "w2", address: "unix:/b", seenMs: clock },
    { id: "w1", address: "unix:/a", seenMs: clock - 1000 },
  ]);
  clock += 2500;
  expect((await store.liveWorkers(3000)).map((worker) => worker.id)).toEqual(["w2"]);
  await store.announceWorker("w1", "unix:/a2");
  expect((await store.liveWorkers(3000)).map((worker) => worker.address)).toEqual(["unix:/a2", "unix:/b"]);
});

test("a worker that leaves is gone at once; one that crashed, after ten minutes", async () => {
  await store.announceWorker("w3", "unix:/c");
  await store.removeWorker("w3");
  expect((await store.liveWorkers(1e9)).map((worker) => worker.id)).not.toContain("w3");
  await store.announceWorker("w4", "unix:/d");
  clock += 600_001;
  await store.liveWorkers(1000);
  expect(await store.liveWorkers(1e9)).toEqual([]);
});

test("key hashes are found, and a second registration changes nothing", async () => {
  const hash = "ab".repeat(32);
  await store.putKeyHash(hash, "admin");
  const first = await store.findKeyHash(hash);
  expect(first).toEqual({ name: "admin", createdMs: clock });
  clock += 5;
  await store.putKeyHash(hash, "other");
  expect(await store.findKeyHash(hash)).toEqual(first);
  expect(await store.findKeyHash("cd".repeat(32))).toBeNull();
  expect([...(await store.listKeyHashes())]).toEqual([[hash, first]]);
  await store.removeKeyHash(hash);
  await store.removeKeyHash(hash);
  expect(await store.findKeyHash(hash)).toBeNull();
});
