import type { Redis } from "ioredis";
import { z } from "zod";
import { answered } from "./connection.ts";
import { ACCESS_CHANNEL, keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

export const OperatorKey = z.object({ name: z.string(), createdMs: z.int() });
export type OperatorKey = z.infer<typeof OperatorKey>;

/** Keys of the operator of the installation, at rest as hashes alone. */
export interface OperatorKeys {
  /** `hash`: sha256 of the key, hex. The first record of a hash stays. */
  putKeyHash(hash: string, name: string): Promise<void>;
  findKeyHash(hash: string): Promise<OperatorKey | null>;
  /** Nothing happens for an unknown hash. */
  removeKeyHash(hash: string): Promise<void>;
  /** Hash → record, for a comparison in constant time. */
  listKeyHashes(): Promise<Map<string, OperatorKey>>;
}

export function createOperatorKeys(redis: Redis, now: () => number): OperatorKeys {
  return {
    async putKeyHash(hash, name) {
      await answered(redis.hsetnx(keys.keyHashes, hash, JSON.stringify({ name, createdMs: now() })));
      await answered(redis.publish(ACCESS_CHANNEL, "operator"));
    },
    async findKeyHash(hash) {
      const json = await answered(redis.hget(keys.keyHashes, hash));
      return json === null ? null : parseStored(OperatorKey, json, keys.keyHashes);
    },
    async removeKeyHash(hash) {
      await answered(redis.hdel(keys.keyHashes, hash));
      await answered(redis.publish(ACCESS_CHANNEL, "operator"));
    },
    async listKeyHashes() {
      const all = Object.entries(await answered(redis.hgetall(keys.keyHashes)));
      return new Map(all.map(([hash, json]) => [hash, parseStored(OperatorKey, json, keys.keyHashes)]));
    },
  };
}
