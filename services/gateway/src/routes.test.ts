import type { FunctionRecord, VersionRecord } from "@zygo/contracts";
import { expect, test } from "vitest";
import { Routes, type VersionStore } from "./routes.ts";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;

/** A store in memory, that counts how often it is asked and can be made to wait. */
class MemoryStore implements VersionStore {
  live = A;
  asked = 0;
  gate: Promise<void> = Promise.resolve();
  tell: (name: string | null) => void = () => {};

  async find(name: string): Promise<FunctionRecord | null> {
    this.asked++;
    const record = name === "f" ? { name, createdMs: 1, updatedMs: 1, aliases: { live: this.live } } : null;
    await this.gate;
    return record;
  }

  version(name: string, version: string): Promise<VersionRecord | null> {
    return Promise.resolve(version === A || version === B ? ({ function: name, version } as VersionRecord) : null);
  }

  listVersions(): Promise<VersionRecord[]> {
    return Promise.resolve([]);
  }

  onChanged(listener: (name: string | null) => void): () => void {
    this.tell = listener;
    return () => {};
  }
}

test("a route is remembered until its function changes, or all may have", async () => {
  const store = new MemoryStore();
  const routes = new Routes(store);
  expect(routes.remembered("f", null)).toBeUndefined();
  expect((await routes.resolve("f", null)).version).toBe(A);
  expect(routes.remembered("f", null)?.version).toBe(A);
  expect(routes.remembered("f", "live")?.version).toBe(A);
  store.tell("g");
  expect(routes.remembered("f", null)?.version).toBe(A);
  store.tell("f");
  expect(routes.remembered("f", null)).toBeUndefined();
  await routes.resolve("f", null);
  store.tell(null);
  expect(routes.remembered("f", null)).toBeUndefined();
});

test("a route that changed while it was read is not remembered", async () => {
  const store = new MemoryStore();
  const routes = new Routes(store);
  const { promise, resolve } = Promise.withResolvers<void>();
  store.gate = promise;
  const reading = routes.resolve("f", null);
  store.live = B;
  store.tell("f");
  resolve();
  expect((await reading).version).toBe(A);
  expect(routes.remembered("f", null)).toBeUndefined();
  expect((await routes.resolve("f", null)).version).toBe(B);
});

test("what is not found is not remembered", async () => {
  const store = new MemoryStore();
  const routes = new Routes(store);
  for (let times = 0; times < 2; times++) await expect(routes.resolve("g", null)).rejects.toMatchObject({ code: "FUNCTION_NOT_FOUND" });
  expect(store.asked).toBe(2);
});

test("a name that no function can have does not reach the store", async () => {
  const store = new MemoryStore();
  await expect(new Routes(store).resolve("__proto__", null)).rejects.toMatchObject({ code: "FUNCTION_NOT_FOUND" });
  expect(store.asked).toBe(0);
});
