import { readdirSync, readFileSync } from "node:fs";
import type { Result } from "ioredis";

/** The transitions in `lua/`, one file each, as ioredis wants them. The number in a file's name is its count of keys. */
export function loadScripts(): Record<string, { lua: string; numberOfKeys: number }> {
  const folder = new URL("./lua/", import.meta.url);
  return Object.fromEntries(
    readdirSync(folder).map((file) => {
      const [, name = "", keys = ""] = /^([a-z-]+)-(\d)\.lua$/.exec(file) ?? [];
      const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [camel, { lua: readFileSync(new URL(file, folder), "utf8"), numberOfKeys: Number(keys) }];
    }),
  );
}

type Text = string | number;

/** What `beginAttempt` gives: number, attempts before the last redrive, job, since, cancel, state before. */
export type Begun = [number, number, string, number, string, string] | null;

/** What `takeBatch` gives: when to look again, or how many messages came back and then, of each taken one, id, number, base and job. */
export type TakenBatch = ["WAIT", number] | ["TAKEN", number, ...(string | number)[]];

/** What `queueState` gives: due, later, in batches, ms that the first is overdue (-1: none), paused. */
export type QueueNumbers = [due: number, later: number, held: number, overdueMs: number, paused: number];

declare module "ioredis" {
  interface RedisCommander<Context> {
    acceptInvocations(...keysAndValues: Text[]): Result<string[], Context>;
    beginAttempt(record: string, token: string, requestId: string, nowMs: Text, reason: string): Result<Begun, Context>;
    retryAttempt(
      record: string,
      token: string,
      number: Text,
      attempt: string,
      reason: string,
      nextMs: Text,
      nowMs: Text,
    ): Result<string, Context>;
    replanInvocation(record: string, delayed: string, due: string, id: string, name: string, nowMs: Text): Result<number, Context>;
    settleInvocation(...keysAndValues: Text[]): Result<number, Context>;
    cancelInvocation(
      record: string,
      settled: string,
      id: string,
      nowMs: Text,
      reason: string,
      channel: string,
    ): Result<string | null, Context>;
    redriveInvocation(record: string, dead: string, functions: string, id: string, name: string, nowMs: Text): Result<number, Context>;
    forgetInvocation(
      record: string,
      settled: string,
      dead: string,
      functions: string,
      messages: string,
      id: string,
      name: string,
    ): Result<number, Context>;
    restQueue(
      due: string,
      wait: string,
      prioritized: string,
      delayed: string,
      active: string,
      name: string,
      lookMs: Text,
    ): Result<number, Context>;
    beginIdempotent(key: string, fingerprint: string, token: string, holdMs: Text): Result<[string, string?], Context>;
    acceptMessages(...keysAndValues: Text[]): Result<"OK" | "FULL", Context>;
    dueMessages(due: string, most: Text): Result<[nextMs: string, names: string[]], Context>;
    takeBatch(...keysAndValues: Text[]): Result<TakenBatch, Context>;
    extendBatches(batches: string, leaseMs: Text, ...tokens: string[]): Result<number, Context>;
    settleBatch(...keysAndValues: Text[]): Result<number, Context>;
    cancelMessages(...keysAndValues: Text[]): Result<number, Context>;
    redriveMessage(...keysAndValues: Text[]): Result<number, Context>;
    queueState(...keysAndValues: Text[]): Result<QueueNumbers, Context>;
    endIdempotent(key: string, token: string, answer: string, keepMs: Text): Result<number, Context>;
  }
}
