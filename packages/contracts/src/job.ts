import { z } from "zod";
import { Destination, Digest, FunctionId, Retry } from "./config.ts";
import { Receipt } from "./receipt.ts";
import { DELIVERS, TRIGGERS } from "./names.ts";

/** Ids of invocations: unguessable (122 random bits or a keyed digest), and safe in a URL, a Redis key and a file name. */
export const InvocationId = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/, "is not the id of an invocation");
export type InvocationId = z.infer<typeof InvocationId>;

/** Headers in order, names in lower case. */
const HeaderPairs = z.array(z.tuple([z.string(), z.string()]));

/** A body: inside the record when it is small, else in the payload store under the invocation's id. */
export const StoredBody = z.union([z.object({ inline: z.base64() }), z.object({ payload: z.string(), bytes: z.int().min(0) })]);
export type StoredBody = z.infer<typeof StoredBody>;

/** What an asynchronous invocation runs: all that each of its attempts needs. Kept in Redis from its acceptance to the end of its retention. */
export const Job = z.object({
  id: InvocationId,
  function: FunctionId,
  /** Version or alias, as in an invoke URL; an alias is resolved at each attempt. Null: `live`. */
  ref: z.string().nullable(),
  trigger: z.enum(TRIGGERS),
  deliver: z.enum(DELIVERS),
  method: z.string(),
  /** Absolute URL that the function sees. */
  url: z.string(),
  headers: HeaderPairs,
  body: StoredBody,
  /** Members that win over the version's own `config.retry`. */
  retry: Retry.partial(),
  /** 1 is the most urgent; 0 is none, which comes before all. */
  priority: z.int().min(0).max(2_097_151),
  acceptedMs: z.number(),
  /** Not before, epoch milliseconds. */
  runAtMs: z.number(),
  /** It was put off by so much, whatever the clock says; null: `runAtMs` is a time of its own. */
  delayMs: z.number().min(0).nullable().default(null),
  onSuccess: Destination.nullable(),
  /** "none": nobody is told, whatever the version's config says; null: whom that names. */
  onFailure: z.union([Destination, z.literal("none")]).nullable(),
  /** The invocation whose result this one carries to its destination, or that it replays. */
  parent: InvocationId.nullable(),
  /** The body goes to this URL, signed with the secret in a variable of the function, which is not run. */
  post: z.object({ url: z.string(), secretEnv: z.string() }).nullable(),
});
export type Job = z.infer<typeof Job>;

export const INVOCATION_STATES = ["queued", "running", "retrying", "succeeded", "failed", "cancelled"] as const;
export const InvocationState = z.enum(INVOCATION_STATES);
export type InvocationState = z.infer<typeof InvocationState>;

/** One try. `status` is the function's own; `code` says why there is none, or why it does not count. */
export const Attempt = z.object({
  number: z.int().min(1),
  startedMs: z.number(),
  endedMs: z.number(),
  requestId: z.string(),
  version: Digest.nullable(),
  status: z.int().nullable(),
  code: z.string().nullable(),
  /** One sentence for people. */
  reason: z.string(),
  /** Null: no worker took it, or it was one of an older release. */
  receipt: Receipt.nullable().default(null),
  /** When the next attempt is due, epoch milliseconds; null: there is none. */
  nextMs: z.number().nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** The last attempt's answer as the function gave it. */
export const StoredAnswer = z.object({ status: z.int(), headers: HeaderPairs, body: StoredBody });
export type StoredAnswer = z.infer<typeof StoredAnswer>;

/** `GET /invocations/<id>`, and an entry of the dead letters. */
export const InvocationView = z.object({
  id: InvocationId,
  function: FunctionId,
  ref: z.string().nullable(),
  trigger: z.enum(TRIGGERS),
  state: InvocationState,
  method: z.string(),
  url: z.string(),
  acceptedMs: z.number(),
  runAtMs: z.number(),
  settledMs: z.number().nullable(),
  /** Why it ended as it did, or waits; null while nothing went wrong. */
  reason: z.string().nullable(),
  attempts: z.array(Attempt),
  /** Null until it is settled with an answer. `body` is text, or base64 when the bytes are no UTF-8. */
  answer: z.object({ status: z.int(), headers: HeaderPairs, body: z.string(), bodyEncoding: z.enum(["utf8", "base64"]) }).nullable(),
  parent: InvocationId.nullable(),
  links: z.object({ self: z.string(), logs: z.string() }),
});
export type InvocationView = z.infer<typeof InvocationView>;

/** `GET /api/dead-letters`: the newest first. */
export const DeadLetter = InvocationView.omit({ answer: true });
export type DeadLetter = z.infer<typeof DeadLetter>;
export const DeadLetterList = z.object({ deadLetters: z.array(DeadLetter), total: z.int() });
export type DeadLetterList = z.infer<typeof DeadLetterList>;

/** Query of `GET /api/dead-letters`. */
export const DeadLetterQuery = z.strictObject({
  function: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
});

/** Which dead letters are meant: these, those of a function, or (neither given) all of the tenant. */
export const DeadLetterPick = z.strictObject({ ids: z.array(InvocationId).min(1).max(1000).optional(), function: z.string().optional() });
export type DeadLetterPick = z.infer<typeof DeadLetterPick>;

/** An answer that names how many were dealt with. */
export const Count = z.object({ count: z.int() });
export type Count = z.infer<typeof Count>;

/** An invocation that was accepted: where to ask for it. */
export const Accepted = z.object({ id: InvocationId, location: z.string() });
export type Accepted = z.infer<typeof Accepted>;

/** What is to be run once, or again until it succeeds. Left out: what `http` callers get without saying anything. */
export interface NewJob {
  function: string;
  ref?: string | null;
  /** Default "async". */
  trigger?: Job["trigger"];
  /** Default "fetch". */
  deliver?: Job["deliver"];
  /** Default "POST". */
  method?: string;
  /** Absolute URL that the function sees. */
  url: string;
  headers?: [name: string, value: string][];
  /** At most MAX_REQUEST_BYTES. */
  body?: Uint8Array;
  retry?: Job["retry"];
  priority?: number;
  runAtMs?: number;
  /** In place of `runAtMs`: so long after it was accepted, milliseconds. */
  delayMs?: number;
  onSuccess?: Destination | null;
  /** "none": nobody is told; null: whom the version's config names. */
  onFailure?: Job["onFailure"];
  parent?: string | null;
  post?: Job["post"];
  /**
   * Makes enqueueing idempotent: the same key for the same function is the same invocation, as long as its record is kept. A cron slot
   * is `cron:<function>:<schedule>:<slot>`. Only a digest of it leaves this process.
   */
  dedupeKey?: string;
}

/** How anyone enqueues: the async lane of `packages/queue`. */
export interface JobQueue {
  /**
   * Resolves once the job is durable in Redis. `duplicate`: the key was known, nothing was added.
   * @throws FnError QUEUE_UNAVAILABLE: it may or may not have been accepted; PAYLOAD_TOO_LARGE.
   */
  enqueue(job: NewJob): Promise<{ id: InvocationId; duplicate: boolean }>;
}
