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
  /** The same of messages, which so do not crowd out other invocations. */
  settledMessages: "fn:settled-messages",
  /** Sorted set, id → when it died, epoch milliseconds. */
  dead: (name: string): string => `fn:dead:${name}`,
  /** Set of the functions that have dead letters. */
  deadFunctions: "fn:dead-functions",
  /** Hash, function → dead letters ever. */
  deadCount: "fn:dead-count",
  /** Hash: one Idempotency-Key of synchronous calls. */
  idempotency: (name: string, digest: string): string => `fn:idempotency:${name}:${digest}`,
  /** Sorted set, id → when it is due, epoch milliseconds: messages that wait. */
  messages: (name: string): string => `fn:messages:${name}`,
  /** The same of those that come alone, since a batch that they were in failed as a whole. */
  messagesAlone: (name: string): string => `fn:messages-alone:${name}`,
  /** Sorted set, token → when its lease lapses, epoch milliseconds: batches under way. */
  batches: (name: string): string => `fn:batches:${name}`,
  /** Set of the ids of a batch's messages. */
  batch: (token: string): string => `fn:batch:${token}`,
  /** Sorted set, function → when its messages need a look, epoch milliseconds. All that have some are in it. */
  messagesDue: "fn:messages-due",
  /** Set of the functions whose messages are held back. */
  queuesPaused: "fn:queues-paused",
} as const;

/** Pub/sub channel: `due <function>`, `messages <function>`, `settled <id>`, `cancel <id>`. */
export const JOB_EVENTS = "fn:job-events";
