import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createStore, type Store } from "../src/index.ts";
import { ownRedis } from "./own-redis.ts";
import { digest, versionRecord } from "./versions.ts";

const redis = ownRedis();
let store: Store;

beforeEach(() => {
  store = createStore({ url: redis.server.url });
});
afterEach(() => store.close());

async function publishOne(name: string): Promise<void> {
  await store.putVersion(versionRecord(name, "aa"));
  await store.moveAlias({ name, alias: "live", version: digest("aa") });
}

test("the subscription announces itself with null, then names what changes", async () => {
  const heard = vi.fn();
  store.onChanged(heard);
  await vi.waitFor(() => expect(heard.mock.calls).toEqual([[null]]));
  await publishOne("hello");
  await store.deleteFunction("hello");
  await vi.waitFor(() => expect(heard.mock.calls).toEqual([[null], ["hello"], ["hello"]]));
});

test("another store hears it, and deleting nothing is no change", async () => {
  const other = createStore({ url: redis.server.url });
  const heard = vi.fn();
  other.onChanged(heard);
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(null));
  await store.deleteFunction("ghost");
  await publishOne("hello");
  await vi.waitFor(() => expect(heard.mock.calls).toEqual([[null], ["hello"]]));
  other.close();
});

test("a listener that left hears nothing", async () => {
  const stays = vi.fn();
  const leaves = vi.fn();
  store.onChanged(stays);
  const stop = store.onChanged(leaves);
  await vi.waitFor(() => expect(stays).toHaveBeenCalledTimes(1));
  stop();
  leaves.mockClear();
  await publishOne("hello");
  await vi.waitFor(() => expect(stays).toHaveBeenCalledWith("hello"));
  expect(leaves).not.toHaveBeenCalled();
});

test("a lost connection says null, and null again once it listens anew", async () => {
  const heard = vi.fn();
  store.onChanged(heard);
  await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
  await redis.raw.call("CLIENT", "KILL", "TYPE", "pubsub");
  await vi.waitFor(() => expect(heard.mock.calls).toEqual([[null], [null], [null]]));
  await publishOne("hello");
  await vi.waitFor(() => expect(heard).toHaveBeenLastCalledWith("hello"));
});
