/** Every Redis key of this package. The table in docs/architecture.md lists the same names. */
export const SYNC_KEY = "fn:sync";

export const jobKeys = {
  /** Prefix of BullMQ's own keys: one queue a function, `fn:jobs:<function>:…`. */
  queues: "fn:jobs",
  /** Sorted set, function → when its queue needs a look, epoch milliseconds. */
  due: "fn:due",
  /** Hash: `job`, `state`, `attempts`, `attempt:<n>`, `answer`, … of one invocation. */
  invocation: (id: string): string => `fn:invocation:${id}`,
  /** Sorted set, id → when it was settled, epoch milliseconds; dead letters are not in it. */
  settled: "fn:settled",
  /** Sorted set, id → when it died, epoch milliseconds. */
  dead: (name: string): string => `fn:dead:${name}`,
  /** Set of the functions that have dead letters. */
  deadFunctions: "fn:dead-functions",
  /** Hash, function → dead letters ever. */
  deadCount: "fn:dead-count",
  /** Hash: one Idempotency-Key of synchronous calls. */
  idempotency: (name: string, digest: string): string => `fn:idempotency:${name}:${digest}`,
} as const;

/** Pub/sub channel: `due <function>`, `settled <id>`, `cancel <id>`. */
export const JOB_EVENTS = "fn:job-events";
