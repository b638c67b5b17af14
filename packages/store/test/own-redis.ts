import { redisOptions } from "@zygo/contracts";
import { RedisServer } from "@zygo/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach } from "vitest";

export interface OwnRedis {
  server: RedisServer;
  /** A connection beside the store's. */
  raw: Redis;
}

/** A Redis for all tests of the file that calls this, empty before each of them. Its members are there once the tests run. */
export function ownRedis(): OwnRedis {
  const own = {} as OwnRedis;
  beforeAll(async () => {
    own.server = await RedisServer.start();
    own.raw = new Redis(redisOptions(own.server.url));
  });
  beforeEach(async () => void (await own.raw.flushall()));
  afterAll(async () => {
    own.raw.disconnect();
    await own.server.end();
  });
  return own;
}
