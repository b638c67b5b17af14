import type { Redis } from "ioredis";
import { z } from "zod";
import { answered } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

export const KeyRecord = z.object({ name: z.string(), createdMs: z.int() });
export type KeyRecord = z.infer<typeof KeyRecord>;

/** API keys, at rest as hashes alone. */
export interface KeyHashes {
  /** `hash`: sha256 of the key, hex. The first record of a hash stays. */
  putKeyHash(hash: string, name: string): Promise<void>;
  findKeyHash(hash: string): Promise<KeyRecord | null>;
  /** Nothing happens for an unknown hash. */
  removeKeyHash(hash: string): Promise<void>;
  /** Hash → record, for a comparison in constant time. */
  listKeyHashes(): Promise<Map<string, KeyRecord>>;
}

export function createKeyHashes(redis: Redis, now: () => number): KeyHashes {
  return {
    async putKeyHash(hash, name) {
      await answered(redis.hsetnx(keys.keyHashes, hash, JSON.stringify({ name, createdMs: now() })));
    },
    async findKeyHash(hash) {
      const json = await answered(redis.hget(keys.keyHashes, hash));
      return json === null ? null : parseStored(KeyRecord, json, keys.keyHashes);
    },
    async removeKeyHash(hash) {
      await answered(redis.hdel(keys.keyHashes, hash));
    },
    async listKeyHashes() {
      const all = Object.entries(await answered(redis.hgetall(keys.keyHashes)));
      return new Map(all.map(([hash, json]) => [hash, parseStored(KeyRecord, json, keys.keyHashes)]));
    },
  };
}
