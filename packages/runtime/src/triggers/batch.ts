import type { BatchPayload } from "@zygo/contracts/frames";
import { jsonText, stringOf } from "../intrinsics.ts";

interface RetryOptions {
  delaySeconds?: number;
}

/** Retry later than this is not promised, seconds: a day. */
const LONGEST_DELAY_S = 86_400;

/** What the handler decided of each message, in the order of the batch; undefined: nothing yet. The first decision stays. */
class Decisions {
  readonly #texts: (string | undefined)[] = [];

  decide(at: number, text: string): void {
    this.#texts[at] ??= text;
  }

  ack(at: number): void {
    this.decide(at, "ack");
  }

  /** @throws TypeError, RangeError */
  retry(at: number, id: string, options: RetryOptions | undefined): void {
    const delay = options?.delaySeconds;
    if (delay !== undefined) checkDelay(delay);
    this.decide(at, `{"id":${jsonText(id)}${delay === undefined ? "" : `,"delaySeconds":${delay}`}}`);
  }

  /** JSON of a BatchOutcome. */
  text(ids: readonly string[], threw: string | undefined): string {
    let acks = "";
    let retries = "";
    for (let at = 0; at < ids.length; at++) {
      const decided = this.#texts[at];
      if (decided === "ack") acks += `${acks === "" ? "" : ","}${jsonText(ids[at])}`;
      else if (decided !== undefined) retries += `${retries === "" ? "" : ","}${decided}`;
    }
    return `{"acks":[${acks}],"retries":[${retries}]${threw === undefined ? "" : `,"threw":${jsonText(threw)}`}}`;
  }
}

function checkDelay(seconds: unknown): void {
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= LONGEST_DELAY_S)) {
    throw new RangeError(`delaySeconds must be a number from 0 to ${LONGEST_DELAY_S}, not ${stringOf(seconds)}`);
  }
}

/** One message of a batch; `Message` of `@zygo/sdk`. Its methods work when taken off it. */
class Message {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: unknown;
  readonly attempts: number;
  readonly ack: () => void;
  readonly retry: (options?: RetryOptions) => void;

  constructor(payload: BatchPayload["messages"][number], at: number, decisions: Decisions) {
    this.id = payload.id;
    this.timestamp = new Date(payload.sentMs);
    this.body = payload.body;
    this.attempts = payload.attempts;
    this.ack = () => decisions.ack(at);
    this.retry = (options) => decisions.retry(at, payload.id, options);
  }
}

/** The first argument of a `queue` handler; `Batch` of `@zygo/sdk`. */
export class Batch {
  readonly queue: string;
  readonly messages: readonly Message[];
  readonly ackAll: () => void;
  readonly retryAll: (options?: RetryOptions) => void;
  /** JSON of the BatchOutcome as decided so far. */
  readonly outcome: (threw?: string) => string;

  constructor({ queue, messages }: BatchPayload) {
    const decisions = new Decisions();
    const ids = messages.map(({ id }) => id);
    this.queue = queue;
    this.messages = messages.map((message, at) => new Message(message, at, decisions));
    this.ackAll = () => ids.forEach((_, at) => decisions.ack(at));
    this.retryAll = (options) => ids.forEach((id, at) => decisions.retry(at, id, options));
    this.outcome = (threw) => decisions.text(ids, threw);
    Object.defineProperty(this, "outcome", { enumerable: false });
  }
}
