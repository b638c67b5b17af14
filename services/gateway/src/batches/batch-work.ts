import { asFnError, FnError, type Attempt, type VersionRecord } from "@zygo/contracts";
import { localName } from "@zygo/contracts/names";
import { endOfMessage, type BatchEnd } from "@zygo/core";
import type { AsyncLane, HeldBatch, HeldMessage, MessageVerdict, PayloadStore } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { Routes } from "../routes.ts";
import type { Attempts } from "../jobs/attempts.ts";
import type { Work } from "../jobs/consumer.ts";
import type { Destinations } from "../jobs/destinations.ts";
import { tellUntilHeard } from "../jobs/tell.ts";
import { readReply, writeBatch } from "./batch-body.ts";

export interface BatchWorkOptions {
  lane: AsyncLane;
  payloads: PayloadStore;
  routes: Routes;
  attempts: Attempts;
  destinations: Destinations;
  log: Log;
}

/** A batch, and the version that it is for. */
export interface TakenBatch extends HeldBatch {
  version: VersionRecord;
}

/** Messages: a batch of them at a time, each of which is one invocation of the function's live version. */
export class BatchWork implements Work<TakenBatch> {
  readonly event = "messages";
  readonly #given: BatchWorkOptions;

  constructor(given: BatchWorkOptions) {
    this.#given = given;
  }

  async due(): Promise<{ names: string[]; waitMs: number | null }> {
    return await this.#given.lane.batches.due();
  }

  /** Messages of a function without a `queue` handler, or without a live version, wait for one. */
  async take(name: string, ids: { token: string; requestId: string }): Promise<{ held: TakenBatch } | { waitMs: number | null }> {
    const { lane, log } = this.#given;
    const version = await this.#version(name);
    if (version?.handlers.includes("queue") !== true) return { waitMs: null };
    const look = await lane.batches.take(name, ids, version.limits.queue);
    if ("waitMs" in look) return look;
    if (look.held.recovered > 0)
      log.warn("messages of a gateway that is gone come again", { function: name, messages: look.held.recovered });
    return { held: { ...look.held, version } };
  }

  async extend(held: readonly TakenBatch[]): Promise<void> {
    await this.#given.lane.batches.extend(held);
  }

  functionOf(held: TakenBatch): string {
    return held.function;
  }

  /** A message that is cancelled ends with its batch. */
  cancellable(): null {
    return null;
  }

  isCancelled(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** What cannot be told comes again when the lease has lapsed. */
  async see(held: TakenBatch, signal: AbortSignal): Promise<void> {
    const startedMs = Date.now();
    try {
      const verdicts = await this.#run(held, { signal, startedMs });
      await tellUntilHeard(async () => {
        await this.#tellOfDead(held, verdicts);
        await this.#given.lane.batches.settle(held, verdicts);
      });
    } catch (error) {
      const { function: name, requestId } = held;
      this.#given.log.warn("a batch's end could not be told; its messages come again", { function: name, requestId, error });
    }
  }

  async #run(held: TakenBatch, { signal, startedMs }: { signal: AbortSignal; startedMs: number }): Promise<MessageVerdict[]> {
    const { function: name, messages } = held;
    const { body, read, unreadable } = await writeBatch(this.#given.payloads, localName(name), messages);
    const { end, status } = read.length === 0 ? NOTHING : await this.#invoke(held, body, signal);
    const [random, size] = [Math.random(), read.length];
    const verdict = (message: HeldMessage, how: BatchEnd, told: { size: number; status: number | null }): MessageVerdict => {
      const { job, number, base } = message;
      const decided = endOfMessage({ id: job.id, number, base }, how, { size: told.size, rules: held.version.limits.queue, random });
      return { message, ...decided, attempt: attemptOf(held, { message, startedMs, end: how, status: told.status, decided }) };
    };
    for (const { message, error } of unreadable)
      this.#given.log.error("a message's body cannot be read", { function: name, invocation: message.job.id, error });
    const lost: BatchEnd = { kind: "failed", code: "INTERNAL", detail: "Its body could not be read." };
    return [
      ...read.map((message) => verdict(message, end, { size, status })),
      ...unreadable.map(({ message }) => verdict(message, lost, { size: 1, status: null })),
    ];
  }

  async #invoke(held: TakenBatch, body: Buffer, signal: AbortSignal): Promise<{ end: BatchEnd; status: number | null }> {
    const { function: name, requestId, version, messages } = held;
    const url = messages[0]?.job.url ?? "";
    const asked = { function: name, trigger: "queue", deliver: "queue", method: "POST", url, headers: JSON_TYPE, attempt: 1 } as const;
    try {
      signal.throwIfAborted();
      const { outcome } = await this.#given.attempts.invoke({ ...asked, headers: [...JSON_TYPE], requestId }, { version, body, signal });
      return { end: readReply(outcome), status: outcome.kind === "answer" ? outcome.answer.status : null };
    } catch (error) {
      return { end: readReply({ kind: "error", error: asFnError(error) }), status: null };
    }
  }

  /** Before they are settled, so that what is known to have failed is on its way to the function's `onFailure`. */
  async #tellOfDead({ version }: TakenBatch, verdicts: readonly MessageVerdict[]): Promise<void> {
    const failed = verdicts.filter(({ kind }) => kind === "failed");
    await Promise.all(
      failed.map(async ({ message, attempt, reason }) => {
        const outcome = { kind: "error", error: new FnError("FUNCTION_ERROR", attempt.reason) } as const;
        await this.#given.destinations.send(message, { outcome, version }, { state: "failed", attempt, reason });
      }),
    );
  }

  async #version(name: string): Promise<VersionRecord | null> {
    const { routes } = this.#given;
    try {
      return routes.remembered(name, null) ?? (await routes.resolve(name, null));
    } catch (error) {
      if (asFnError(error).code === "QUEUE_UNAVAILABLE") throw error;
      return null;
    }
  }
}

const JSON_TYPE: readonly [string, string][] = [["content-type", "application/json"]];
const NOTHING = { end: { kind: "failed", code: "INTERNAL", detail: "" }, status: null } as const;

interface Told {
  message: HeldMessage;
  startedMs: number;
  end: BatchEnd;
  status: number | null;
  decided: ReturnType<typeof endOfMessage>;
}

function attemptOf({ requestId, version }: TakenBatch, { message, startedMs, end, status, decided }: Told): Attempt {
  const endedMs = Date.now();
  const again = decided.kind === "retry" || decided.kind === "free";
  return {
    ...{ number: message.number, startedMs, endedMs, requestId, version: version.version, status },
    code: end.kind === "failed" ? end.code : null,
    reason: decided.reason ?? "It was dealt with.",
    // It is the batch's, by its request id.
    receipt: null,
    nextMs: again ? endedMs + decided.delayMs : null,
  };
}
