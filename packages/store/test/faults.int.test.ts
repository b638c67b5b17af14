import { RedisServer } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createStore, type Store } from "../src/index.ts";
import { digest, versionRecord } from "./versions.ts";

let server: RedisServer;
let store: Store;

beforeEach(async () => {
  server = await RedisServer.start();
  store = createStore({ url: server.url });
  await store.ping();
});
afterEach(async () => {
  store.close();
  await server.end();
});

/** Resolves to the error's code and how long it took, milliseconds. */
async function failure(call: Promise<unknown>): Promise<{ code: unknown; tookMs: number }> {
  const started = performance.now();
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { code: (error as { code?: unknown } | undefined)?.code, tookMs: performance.now() - started };
}

test("while Redis is dead every call fails within a second; once it is back they work", async () => {
  await server.down();
  for (let round = 0; round < 5; round++) {
    const { code, tookMs } = await failure(store.find("hello"));
    expect(code).toBe("QUEUE_UNAVAILABLE");
    expect(tookMs).toBeLessThan(1000);
  }
  await expect(store.appendLogs("hello", [{ time: 1, level: "info", requestId: null, version: "a", message: "m" }])).rejects.toMatchObject({
    code: "QUEUE_UNAVAILABLE",
  });
  await server.up();
  await vi.waitFor(() => store.ping(), { timeout: 2000 });
  // Transitions work on a server that has never seen the scripts.
  await store.putVersion(versionRecord("hello", "aa"));
  await store.moveAlias({ name: "hello", alias: "live", version: digest("aa") });
  expect(await store.find("hello")).not.toBeNull();
});

test("while Redis hangs every call fails within a second", async () => {
  server.hang();
  const { code, tookMs } = await failure(store.find("hello"));
  server.resume();
  expect(code).toBe("QUEUE_UNAVAILABLE");
  expect(tookMs).toBeLessThan(1000);
  await vi.waitFor(() => store.ping(), { timeout: 2000 });
});

test("a store that starts before Redis finds it", async () => {
  await server.down();
  const early = createStore({ url: server.url });
  expect((await failure(early.ping())).code).toBe("QUEUE_UNAVAILABLE");
  await server.up();
  await vi.waitFor(() => early.ping(), { timeout: 2000 });
  early.close();
});

test("closing twice is fine, and calls after it fail", async () => {
  store.close();
  store.close();
  expect((await failure(store.find("hello"))).code).toBe("QUEUE_UNAVAILABLE");
});
