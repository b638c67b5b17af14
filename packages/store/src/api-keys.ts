import { KeyRecord } from "@zygo/contracts";
import type { Redis } from "ioredis";
import { answered } from "./connection.ts";
import { ACCESS_CHANNEL, keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

/** API keys of tenants, at rest as hashes alone. */
export interface ApiKeys {
  putApiKey(record: KeyRecord): Promise<void>;
  /** By its id. Expired ones are found too. */
  findApiKey(id: string): Promise<KeyRecord | null>;
  /** A tenant's, the newest first, with the last use that was noted, Unix milliseconds. */
  listApiKeys(tenant: string): Promise<(KeyRecord & { lastUsedMs: number | null })[]>;
  /** Every process that knows the key forgets it at once. False: the tenant has none of that id. */
  removeApiKey(tenant: string, id: string): Promise<boolean>;
  /** Notes a use. For callers that do so once in a while: it is a write. */
  touchApiKey(id: string, atMs: number): Promise<void>;
}

export function createApiKeys(redis: Redis): ApiKeys {
  const find = async (id: string): Promise<KeyRecord | null> => {
    const json = await answered(redis.hget(keys.apiKeys, id));
    return json === null ? null : parseStored(KeyRecord, json, keys.apiKeys);
  };
  return {
    async putApiKey(record) {
      await answered(redis.hset(keys.apiKeys, record.id, JSON.stringify(record)));
      await answered(redis.publish(ACCESS_CHANNEL, `key ${record.id}`));
    },
    findApiKey: find,
    async listApiKeys(tenant) {
      const [all, uses] = await Promise.all([answered(redis.hvals(keys.apiKeys)), answered(redis.hgetall(keys.apiKeyUses))]);
      return all
        .map((json) => parseStored(KeyRecord, json, keys.apiKeys))
        .filter((record) => record.tenant === tenant)
        .map((record) => ({ ...record, lastUsedMs: uses[record.id] === undefined ? null : Number(uses[record.id]) }))
        .sort((a, b) => b.createdMs - a.createdMs);
    },
    async removeApiKey(tenant, id) {
      if ((await find(id))?.tenant !== tenant) return false;
      const removed = await answered(redis.hdel(keys.apiKeys, id));
      await answered(redis.hdel(keys.apiKeyUses, id));
      await answered(redis.publish(ACCESS_CHANNEL, `key ${id}`));
      return removed === 1;
    },
    async touchApiKey(id, atMs) {
      await answered(redis.hset(keys.apiKeyUses, id, atMs));
    },
  };
}
