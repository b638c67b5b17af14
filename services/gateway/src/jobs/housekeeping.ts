import { setTimeout as sleep } from "node:timers/promises";
import { answerPayload, requestPayload, type AsyncLane, type PayloadStore } from "@zygo/queue";
import type { Log } from "@zygo/service";
import { KEEP_ANSWER_MS } from "./once.ts";

const EVERY_MS = 60_000;
/** A payload without a record may be of a job that is just being accepted, for at most so long, milliseconds. */
const ORPHAN_MS = 3_600_000;

/** How long what is settled is kept. */
export interface Retention {
  settledMs: number;
  mostSettled: number;
  deadMs: number;
  /** Of each function. */
  mostDead: number;
}

type SweptPayloads = PayloadStore & { olderThan(beforeMs: number): Promise<string[]> };

/** Removes records and payloads whose time is over. Every gateway does; that they meet does no harm. */
export class Housekeeping {
  readonly #lane: AsyncLane;
  readonly #payloads: SweptPayloads;
  readonly #retention: Retention;
  readonly #log: Log;
  readonly #stop = new AbortController();

  constructor(given: { lane: AsyncLane; payloads: SweptPayloads; retention: Retention; log: Log }) {
    this.#lane = given.lane;
    this.#payloads = given.payloads;
    this.#retention = given.retention;
    this.#log = given.log;
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    while (await sleep(EVERY_MS, true, { signal: this.#stop.signal, ref: false }).catch(() => false)) {
      await this.sweep(Date.now()).catch((error: unknown) => this.#log.warn("old invocations could not be removed", { error }));
    }
  }

  /** @returns how many records were removed. @throws FnError QUEUE_UNAVAILABLE */
  async sweep(nowMs: number): Promise<number> {
    const { settledMs, mostSettled, deadMs, mostDead } = this.#retention;
    let removed = 0;
    for (const [kind, bounds] of [
      ["settled", { beforeMs: nowMs - settledMs, most: mostSettled }],
      ["messages", { beforeMs: nowMs - settledMs, most: mostSettled }],
      ["dead", { beforeMs: nowMs - deadMs, most: mostDead }],
    ] as const) {
      for (;;) {
        const outdated = await this.#lane.records.outdated(kind, bounds);
        const gone = await Promise.all(outdated.map(async ({ id, name }) => await this.#forget(id, name)));
        removed += gone.filter(Boolean).length;
        if (!gone.some(Boolean)) break;
      }
    }
    await this.#removeOrphans(nowMs);
    return removed;
  }

  async #forget(id: string, name: string): Promise<boolean> {
    if (!(await this.#lane.records.forget(id, name))) return false;
    await Promise.all([this.#payloads.remove(requestPayload(id)), this.#payloads.remove(answerPayload(id))]);
    return true;
  }

  async #removeOrphans(nowMs: number): Promise<void> {
    for (const name of await this.#payloads.olderThan(nowMs - ORPHAN_MS)) {
      const [id = "", kind] = name.split(".");
      if (kind !== "once" && (await this.#lane.records.find(id)) === null) await this.#payloads.remove(name);
    }
    for (const name of await this.#payloads.olderThan(nowMs - 2 * KEEP_ANSWER_MS))
      if (name.endsWith(".once")) await this.#payloads.remove(name);
  }
}
