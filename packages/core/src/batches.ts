/**
 * What becomes of the messages of a batch. Pure: the dice come in. The one rule behind it: a message becomes a dead letter for what it
 * did itself, never for what happened in a batch with others; so one whose batch failed as a whole comes alone from then on.
 */

export interface BatchRules {
  maxAttempts: number;
  backoffMs: number;
}

/** How a batch ended. */
export type BatchEnd =
  | {
      kind: "answered";
      acks: ReadonlySet<string>;
      /** With the milliseconds that the handler asked for; null: none. */
      retries: ReadonlyMap<string, number | null>;
      /** What the handler threw, in words; null: it returned. */
      threw: string | null;
    }
  | { kind: "failed"; code: string; detail: string };

export interface BatchMessage {
  id: string;
  /** Deliveries, this one included, and those of them that do not count. */
  number: number;
  base: number;
}

/** `free`: it comes again, and this delivery does not count as an attempt. */
export interface MessageEnd {
  kind: "succeeded" | "retry" | "free" | "failed" | "cancelled";
  reason: string | null;
  /** Until it comes again, milliseconds. */
  delayMs: number;
  /** It comes alone from now on. */
  alone: boolean;
}

const LONGEST_PAUSE_MS = 3_600_000;
/** Of messages that come again through no fault of theirs, milliseconds. */
const FREE_PAUSE_MS = 1000;
const LONGEST_FREE_PAUSE_MS = 30_000;
/** Workers that may be lost with the same message aboard before that is held against it. */
const FREE_LOSSES = 10;

/** Failures that say nothing about the messages. */
const BLAMELESS = new Set([
  ...["WORKER_LOST", "GATEWAY_LOST", "QUEUE_TIMEOUT", "QUEUE_UNAVAILABLE", "CONTROL_UNAVAILABLE", "NO_WORKER"],
  ...["OVERLOADED", "RATE_LIMITED", "QUOTA_EXCEEDED", "VERSION_NOT_FOUND", "SHUTTING_DOWN"],
]);

const DONE: MessageEnd = { kind: "succeeded", reason: null, delayMs: 0, alone: false };
const LAST = "That was the last attempt.";

/**
 * @param batch of how many messages the batch was, and its rules
 * @param random 0 to 1: jitter over the upper half of each pause
 */
export function endOfMessage(message: BatchMessage, end: BatchEnd, batch: { size: number; rules: BatchRules; random: number }): MessageEnd {
  if (end.kind === "answered") {
    if (end.acks.has(message.id)) return DONE;
    const asked = end.retries.get(message.id);
    if (asked !== undefined) return again(message, batch, { reason: "The handler asked for another try.", delayMs: asked });
    if (end.threw === null) return DONE;
    return failed(message, batch, end.threw);
  }
  if (end.code === "FUNCTION_NOT_FOUND") return { kind: "cancelled", reason: "The function was deleted.", delayMs: 0, alone: false };
  const blameless = BLAMELESS.has(end.code) && !(end.code === "WORKER_LOST" && message.base >= FREE_LOSSES);
  return blameless ? free(message, end, batch.random) : failed(message, batch, end.detail);
}

type Batch = Parameters<typeof endOfMessage>[2];

/** The whole batch failed: one of several is not told from the one that is to blame. */
function failed(message: BatchMessage, batch: Batch, reason: string): MessageEnd {
  if (batch.size === 1) return { ...again(message, batch, { reason, delayMs: null }), alone: true };
  return { kind: "retry", reason: `${reason} It comes again alone.`, delayMs: pause(message, batch), alone: true };
}

function again(message: BatchMessage, batch: Batch, { reason, delayMs }: { reason: string; delayMs: number | null }): MessageEnd {
  if (message.number - message.base >= batch.rules.maxAttempts)
    return { kind: "failed", reason: `${reason} ${LAST}`, delayMs: 0, alone: false };
  return { kind: "retry", reason, delayMs: delayMs ?? pause(message, batch), alone: false };
}

function free({ number }: BatchMessage, { code, detail }: { code: string; detail: string }, random: number): MessageEnd {
  // A gateway that stops gives its messages back.
  const longest = code === "SHUTTING_DOWN" ? 0 : Math.min(FREE_PAUSE_MS * 2 ** Math.min(number - 1, 10), LONGEST_FREE_PAUSE_MS);
  return { kind: "free", reason: detail, delayMs: jittered(longest, random), alone: false };
}

function pause({ number, base }: BatchMessage, { rules, random }: Batch): number {
  return jittered(Math.min(rules.backoffMs * 2 ** Math.min(number - base - 1, 40), LONGEST_PAUSE_MS), random);
}

const jittered = (ms: number, random: number): number => Math.round(ms * (0.5 + random / 2));
