import type { Redis } from "ioredis";
import { z } from "zod";
import { answered } from "./connection.ts";
import { keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

/** A worker that was not seen for this long is forgotten, milliseconds. */
const FORGET_MS = 600_000;

const WorkerSeen = z.object({ address: z.string(), seenMs: z.number() });

export interface Worker {
  id: string;
  /** `unix:/path` of its HTTP API. */
  address: string;
  seenMs: number;
}

export interface Workers {
  /** Repeated by a worker each second. */
  announceWorker(id: string, address: string): Promise<void>;
  /** Nothing happens for an unknown id. */
  removeWorker(id: string): Promise<void>;
  /** Those seen in the last `maxAgeMs`, latest first. */
  liveWorkers(maxAgeMs: number): Promise<Worker[]>;
}

export function createWorkers(redis: Redis, now: () => number): Workers {
  return {
    async announceWorker(id, address) {
      await answered(redis.hset(keys.workers, id, JSON.stringify({ address, seenMs: now() })));
    },
    async removeWorker(id) {
      await answered(redis.hdel(keys.workers, id));
    },
    async liveWorkers(maxAgeMs) {
      const stored = Object.entries(await answered(redis.hgetall(keys.workers)));
      const workers = stored.map(([id, json]) => ({ id, ...parseStored(WorkerSeen, json, keys.workers) }));
      const gone = workers.filter((worker) => worker.seenMs < now() - FORGET_MS).map((worker) => worker.id);
      if (gone.length > 0) await answered(redis.hdel(keys.workers, ...gone));
      return workers.filter((worker) => worker.seenMs >= now() - maxAgeMs).sort((a, b) => b.seenMs - a.seenMs);
    },
  };
}
