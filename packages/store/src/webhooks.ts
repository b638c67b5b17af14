import { StoredWebhook } from "@zygo/contracts";
import type { Redis } from "ioredis";
import { answered } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

/** Webhooks by name; names are the installation's, since they stand in `/hooks/<name>`. */
export interface Webhooks {
  webhook(name: string): Promise<StoredWebhook | null>;
  listWebhooks(): Promise<StoredWebhook[]>;
  /** False: the name is taken. */
  addWebhook(webhook: StoredWebhook): Promise<boolean>;
  /** Replaces it. */
  putWebhook(webhook: StoredWebhook): Promise<void>;
  removeWebhook(name: string): Promise<boolean>;
}

export function createWebhooks(redis: Redis): Webhooks {
  return {
    async webhook(name) {
      const json = await answered(redis.hget(keys.webhooks, name));
      return json === null ? null : parseStored(StoredWebhook, json, keys.webhooks);
    },
    async listWebhooks() {
      return (await answered(redis.hvals(keys.webhooks))).map((json) => parseStored(StoredWebhook, json, keys.webhooks));
    },
    async addWebhook(webhook) {
      return (await answered(redis.hsetnx(keys.webhooks, webhook.name, JSON.stringify(webhook)))) === 1;
    },
    async putWebhook(webhook) {
      await answered(redis.hset(keys.webhooks, webhook.name, JSON.stringify(webhook)));
    },
    async removeWebhook(name) {
      return (await answered(redis.hdel(keys.webhooks, name))) === 1;
    },
  };
}
