import type { InvocationView } from "@zygo/contracts";
import { loadBody, showRecord, type AsyncLane, type InvocationRecord, type PayloadStore } from "@zygo/queue";
import type { RecordedAnswer } from "./recorded-exchange.ts";

/** A settlement whose event was missed is seen by then, milliseconds. */
const LOOK_MS = 2000;

const isOver = ({ state }: InvocationRecord): boolean => state === "succeeded" || state === "failed" || state === "cancelled";

/** Records of invocations as callers see them, and the wait for their end. */
export class Settled {
  readonly #lane: AsyncLane;
  readonly #payloads: PayloadStore;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(lane: AsyncLane, payloads: PayloadStore) {
    this.#lane = lane;
    this.#payloads = payloads;
    lane.events.on(({ kind, about }) => {
      if (kind === "settled") this.#waiting.get(about)?.forEach((wake) => wake());
    });
  }

  /** Null: it did not end within `waitMs`, or there is none. @throws FnError QUEUE_UNAVAILABLE */
  async wait(id: string, { waitMs, signal }: { waitMs: number; signal: AbortSignal }): Promise<InvocationRecord | null> {
    for (const untilMs = performance.now() + waitMs; ;) {
      const event = this.#event(id, Math.min(LOOK_MS, untilMs - performance.now()), signal);
      try {
        // Asked for after the event is listened for: one that comes in between is not lost.
        const record = await this.#lane.records.find(id);
        if (record === null || isOver(record)) return record;
        if (signal.aborted || performance.now() >= untilMs) return null;
        await event.heard;
      } finally {
        event.stop();
      }
    }
  }

  /** The answer's bytes; null: it has none. */
  async answer({ answer }: InvocationRecord): Promise<RecordedAnswer | null> {
    return answer === null ? null : { ...answer, body: await loadBody(this.#payloads, answer.body) };
  }

  async view(record: InvocationRecord): Promise<InvocationView> {
    const answer = await this.answer(record);
    return { ...showRecord(record), answer: answer === null ? null : { ...answer, ...readable(answer.body) } };
  }

  #event(id: string, ms: number, signal: AbortSignal): { heard: Promise<void>; stop: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const listeners = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, listeners.add(wake));
    const timer = setTimeout(wake, Math.max(0, ms));
    signal.addEventListener("abort", wake, { once: true });
    const stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      listeners.delete(wake);
      if (listeners.size === 0) this.#waiting.delete(id);
    };
    return { heard: promise, stop };
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readable(bytes: Buffer): { body: string; bodyEncoding: "utf8" | "base64" } {
  try {
    return { body: strict.decode(bytes), bodyEncoding: "utf8" };
  } catch {
    return { body: bytes.toString("base64"), bodyEncoding: "base64" };
  }
}
