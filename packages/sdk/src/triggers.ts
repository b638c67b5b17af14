/** The first argument of a `scheduled` handler: one slot of a schedule. */
export interface ScheduledEvent {
  /** Name of the schedule. */
  readonly name: string;
  /** Its cron fields, as written. */
  readonly schedule: string;
  /** As `schedule`. */
  readonly cron: string;
  /** IANA name of the zone that the fields mean. */
  readonly timeZone: string;
  /** Epoch milliseconds of the slot, without jitter and delay: the same at every attempt. */
  readonly scheduledTime: number;
  /** `scheduledTime` as ISO 8601: names the slot, so that work can be done once for each. */
  readonly slot: string;
  /** `fn cron run` asked for it. */
  readonly manual: boolean;
}

export interface RetryOptions {
  /** Not before so many seconds, 0 to 86,400; default: the platform's backoff. */
  delaySeconds?: number | undefined;
}

/** One message of a batch. Its functions may be taken off it; the first decision about a message stays. */
export interface Message<Body = unknown> {
  readonly id: string;
  /** When it was sent. */
  readonly timestamp: Date;
  readonly body: Body;
  /** 1, or more when it is tried again. */
  readonly attempts: number;
  /** It is dealt with, even if the handler throws later. */
  readonly ack: () => void;
  /** It is to come again. */
  readonly retry: (options?: RetryOptions) => void;
}

/**
 * The first argument of a `queue` handler.
 *
 *     async queue(batch, env, ctx) {
 *       for (const message of batch.messages) {
 *         if (await deliver(message.body)) message.ack();
 *         else message.retry({ delaySeconds: 60 });
 *       }
 *     }
 *
 * When the handler returns, messages about which nothing was decided are dealt with; when it
 * throws, those are tried again, each alone.
 */
export interface Batch<Body = unknown> {
  /** Name of the queue, which is that of the function. */
  readonly queue: string;
  readonly messages: readonly Message<Body>[];
  readonly ackAll: () => void;
  readonly retryAll: (options?: RetryOptions) => void;
}

export interface SendOptions {
  /** A function of the same tenant with a `queue` handler; default: the sender itself. */
  to?: string | undefined;
  /** Not before so many seconds, 0 to 86,400. */
  delaySeconds?: number | undefined;
}

/**
 * `env.queue`: sends messages to `queue` handlers of functions of the same tenant.
 *
 *     const id = await env.queue.send({ to: "ada@example.com" }, { to: "mail", delaySeconds: 60 });
 *     await env.queue.sendBatch(users.map((user) => ({ body: user })), { to: "mail" });
 *
 * What is sent is durable when the promise resolves; an Error with the platform's `code` rejects it. */
export interface QueueSender {
  /** `body` is a JSON value of at most 128 KiB. Resolves with the message's id. */
  readonly send: (body: unknown, options?: SendOptions) => Promise<string>;
  /** 1 to 100 messages: all of them, or none. */
  readonly sendBatch: (
    messages: Iterable<{ body: unknown; delaySeconds?: number | undefined }>,
    options?: Pick<SendOptions, "to">,
  ) => Promise<string[]>;
}
