import { asFnError, DEFAULT_RETRY, FnError, type Job, type Quotas, type Receipt, type Retry, type VersionRecord } from "@zygo/contracts";
import { loadBody, type HeldAttempt, type PayloadStore } from "@zygo/queue";
import type { Facts } from "../facts.ts";
import type { Invocation } from "../invocation.ts";
import type { Launcher } from "../launch.ts";
import type { Routes } from "../routes.ts";
import type { AwaitedReceipts } from "./awaited-receipts.ts";
import type { Poster } from "./poster.ts";
import { RecordedExchange, type Outcome } from "./recorded-exchange.ts";

/** What is known at the end of an attempt. */
export interface AttemptResult {
  outcome: Outcome;
  /** Null: it was not found. */
  version: VersionRecord | null;
  retry: Retry;
  /** Null: no worker ran it. */
  receipt: Receipt | null;
}

interface Ran {
  outcome: Outcome;
  receipt: Receipt | null;
}

/** What a function is given to do. */
export type Asked = Pick<Job, "function" | "trigger" | "deliver" | "method" | "url" | "headers"> & { attempt: number; requestId: string };

export interface AttemptsOptions {
  routes: Routes;
  payloads: PayloadStore;
  launch: Launcher;
  poster: Poster;
  /** @throws FnError FUNCTION_NOT_FOUND when the tenant is gone, QUEUE_UNAVAILABLE */
  quotasOf: (name: string) => Promise<Quotas>;
  record: (facts: Facts) => void;
  receipts: AwaitedReceipts;
}

/** Runs attempts: each is an ordinary invocation over the sync lane, or a delivery to a URL. */
export class Attempts {
  readonly #given: AttemptsOptions;

  constructor(given: AttemptsOptions) {
    this.#given = given;
  }

  /** Never rejects. An abort ends it with the signal's reason, an FnError. */
  async run(held: HeldAttempt, signal: AbortSignal): Promise<AttemptResult> {
    let version: VersionRecord | null = null;
    try {
      version = await this.#version(held);
      const retry = { ...version.limits.retry, ...definedOf(held.job.retry) };
      const tooLate = Date.now() > Math.max(held.sinceMs, held.job.runAtMs) + retry.maxAgeMs;
      if (tooLate) throw new FnError("INVOCATION_EXPIRED", `It did not succeed within ${retry.maxAgeMs} ms.`);
      const body = await loadBody(this.#given.payloads, held.job.body);
      signal.throwIfAborted();
      const ran =
        held.job.post === null
          ? await this.#invoke(held, { version, body, signal })
          : { outcome: await this.#given.poster.post(held, { version, body, signal }), receipt: null };
      return { ...ran, version, retry };
    } catch (error) {
      const retry = { ...DEFAULT_RETRY, ...version?.limits.retry, ...definedOf(held.job.retry) };
      return { outcome: { kind: "error", error: asFnError(error) }, version, retry, receipt: null };
    }
  }

  async #version({ job }: HeldAttempt): Promise<VersionRecord> {
    const { routes } = this.#given;
    return routes.remembered(job.function, job.ref) ?? (await routes.resolve(job.function, job.ref));
  }

  async #invoke(held: HeldAttempt, given: { version: VersionRecord; body: Buffer; signal: AbortSignal }): Promise<Ran> {
    const { job, number, requestId } = held;
    return await this.invoke({ ...job, attempt: number, requestId }, given);
  }

  /** Runs a version once, now. An abort ends it with the signal's reason. @throws FnError when there is no room, or the tenant is gone */
  async invoke(asked: Asked, { version, body, signal }: { version: VersionRecord; body: Buffer; signal: AbortSignal }): Promise<Ran> {
    const { trigger, deliver, attempt, headers, url } = asked;
    const exchange = new RecordedExchange({ ...asked, body }, this.#given.record);
    exchange.facts.version = version.version;
    const seen = { headers, origin: "", caller: null, key: null };
    const quotas = await this.#given.quotasOf(asked.function);
    const awaited = this.#given.receipts.expect(asked.requestId);
    let invocation: Invocation | undefined;
    const abandon = (): void => invocation?.abandon(signal.reason as FnError);
    signal.addEventListener("abort", abandon, { once: true });
    try {
      invocation = this.#given.launch({ exchange, seen, version, path: url, quotas, job: { trigger, attempt, deliver } });
      const outcome = await exchange.outcome;
      const { receipt: sofar } = exchange.facts;
      return { outcome, receipt: sofar === undefined || signal.aborted ? (sofar ?? null) : await awaited.settled(sofar) };
    } finally {
      awaited.stop();
      signal.removeEventListener("abort", abandon);
    }
  }
}

function definedOf(retry: HeldAttempt["job"]["retry"]): Partial<Retry> {
  return Object.fromEntries(Object.entries(retry).filter(([, value]) => value !== undefined));
}
