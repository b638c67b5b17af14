import { LIVE_ALIAS, type PrewarmRequest } from "@zygo/contracts";
import { instancesFor } from "@zygo/core";
import type { AsyncLane } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { Store } from "@zygo/store";
import { passes } from "./fire.ts";
import type { Coming } from "./scheduler.ts";
import { WORKER_ALIVE_MS } from "../probe.ts";
import { NotListening, postToWorker } from "../worker-http.ts";

const LOOK_MS = 1000;
/** Workers are told so long before, milliseconds: two looks at least, and the worker begins a second before. */
const AHEAD_MS = 3000;
const ANSWER_MS = 1000;

export interface PrewarmerContext {
  store: Pick<Store, "find" | "version" | "liveWorkers">;
  jobs: { source: Pick<AsyncLane["source"], "coming"> };
  /** Cron slots by then. */
  slots: (untilMs: number) => Coming[];
  log: Log;
  now: () => number;
}

/**
 * Tells workers of work that is known to come: cron slots, and jobs that were put off (delays, retries). A hint, told once: what fails
 * costs the start that it would have spared.
 */
export class Prewarmer {
  readonly #context: PrewarmerContext;
  /** Function and time → when it can be forgotten. */
  readonly #told = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(context: PrewarmerContext) {
    this.#context = context;
  }

  start(): void {
    void this.#look();
  }

  /** Idempotent. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      await this.#tellOfAll();
    } catch (error) {
      if (!passes(error)) this.#context.log.warn("work that is known to come could not be told", { error });
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  async #tellOfAll(): Promise<void> {
    const { slots, jobs, now } = this.#context;
    const nowMs = now();
    for (const [key, untilMs] of this.#told) if (untilMs <= nowMs) this.#told.delete(key);
    const coming = [...slots(nowMs + AHEAD_MS), ...(await jobs.source.coming(nowMs, nowMs + AHEAD_MS))];
    await Promise.all(coming.map((each) => this.#tell(each)));
  }

  async #tell({ name, atMs, count }: Coming): Promise<void> {
    const key = `${name} ${atMs}`;
    if (this.#told.has(key)) return;
    this.#told.set(key, atMs);
    const { store, log } = this.#context;
    const version = (await store.find(name))?.aliases[LIVE_ALIAS];
    const record = version === undefined ? null : await store.version(name, version);
    if (record === null) return;
    const workers = await store.liveWorkers(WORKER_ALIVE_MS);
    // Whoever is free takes the work: each has its share.
    const instances = Math.ceil(instancesFor(count, record.limits) / Math.max(1, workers.length));
    const request: PrewarmRequest = { function: name, version: record.version, instances, atMs };
    const told = workers.map(({ address }) => postToWorker(address, "/prewarm", request, AbortSignal.timeout(ANSWER_MS)));
    for (const outcome of await Promise.allSettled(told))
      if (outcome.status === "rejected" && !(outcome.reason instanceof NotListening))
        log.warn("a worker was not told of what comes", { function: name, error: outcome.reason });
  }
}
