import { z } from "zod";
import { InvocationId } from "./job.ts";

/** Largest body of a message, bytes of JSON. */
export const MAX_MESSAGE_BYTES = 128 * 1024;
/** Messages of one sending. */
export const MAX_SENT_MESSAGES = 100;
/** Longest delay of a message, seconds. */
export const MAX_MESSAGE_DELAY_S = 86_400;
/** Messages of a function that may wait. */
export const MAX_WAITING_MESSAGES = 100_000;

const DelaySeconds = z.number().min(0).max(MAX_MESSAGE_DELAY_S);

/** `POST /api/functions/<name>/messages`, and what `env.queue` sends. */
export const MessagesSend = z.strictObject({
  messages: z
    .array(
      z.strictObject({
        /** Any JSON value. */
        body: z.unknown().refine((body) => body !== undefined, "is missing: any JSON value is one"),
        /** Not before so many seconds. */
        delaySeconds: DelaySeconds.optional(),
      }),
    )
    .min(1)
    .max(MAX_SENT_MESSAGES),
});
export type MessagesSend = z.input<typeof MessagesSend>;

/** Ids in the order in which the messages were given: each is an invocation's. */
export const MessagesSent = z.object({ ids: z.array(InvocationId) });
export type MessagesSent = z.infer<typeof MessagesSent>;

/** The answer of an instance to a batch, which is hostile input. */
export const BatchReply = z.object({
  acks: z.array(z.string()).max(1000),
  retries: z.array(z.object({ id: z.string(), delaySeconds: DelaySeconds.optional() })).max(1000),
  threw: z.string().max(8192).optional(),
});
export type BatchReply = z.infer<typeof BatchReply>;

/** How many messages of a function are where. */
export interface QueueNumbers {
  /** That could be in a batch now. */
  due: number;
  /** That were delayed, or wait for their next try. */
  delayed: number;
  /** In batches under way. */
  inFlight: number;
  /** Milliseconds that the first one has been due for; null: none is. */
  oldestMs: number | null;
  /** No batch is begun. */
  paused: boolean;
}

/** A function's queue as the API shows it. */
export const QueueView = z.object({
  function: z.string(),
  due: z.int(),
  delayed: z.int(),
  inFlight: z.int(),
  oldestMs: z.number().nullable(),
  paused: z.boolean(),
  /** The live version has a `queue` handler; without one messages wait. */
  handled: z.boolean(),
  dead: z.int(),
});
export type QueueView = z.infer<typeof QueueView>;
export const QueueList = z.object({ queues: z.array(QueueView) });
export type QueueList = z.infer<typeof QueueList>;

export const QUEUE_ACTIONS = ["pause", "resume", "purge"] as const;
export type QueueAction = (typeof QUEUE_ACTIONS)[number];
/** `POST /api/functions/<name>/queue/<action>`; `cancelled`: messages that a purge ended. */
export const QueueActed = z.object({ queue: QueueView, cancelled: z.int() });
export type QueueActed = z.infer<typeof QueueActed>;
