import { asFnError } from "@zygo/contracts";
import { invocationPath, type AsyncLane } from "@zygo/queue";
import type { IncomingMessage } from "node:http";
import type { Exchange } from "../exchange.ts";
import { fingerprint } from "./fingerprint.ts";
import { REPLAYED, type Once } from "./once.ts";
import { readPreference, type Preference } from "./preference.ts";
import { readBody } from "./read-body.ts";
import type { Wanted } from "./wanted.ts";
import type { Settled } from "./settled.ts";

/** Takes requests that are to run as jobs, and those that are to run once. */
export class Acceptance {
  readonly #lane: AsyncLane;
  readonly #settled: Settled;
  readonly #once: Once;

  constructor(lane: AsyncLane, settled: Settled, once: Once) {
    this.#lane = lane;
    this.#settled = settled;
    this.#once = once;
  }

  /** Two look-ups: this is on the way of every request. */
  wants({ headers }: IncomingMessage): boolean {
    return headers.prefer !== undefined || headers["idempotency-key"] !== undefined || headers["x-fn-delay"] !== undefined;
  }

  accept(wanted: Wanted): void {
    const { exchange } = wanted;
    this.#accept(wanted).catch((error: unknown) => exchange.fail(asFnError(error)));
  }

  async #accept(wanted: Wanted): Promise<void> {
    const preference = readPreference(wanted.exchange.request.headers, Date.now());
    if (preference.waitMs !== null) return await this.#enqueue(wanted, preference, preference.waitMs);
    if (preference.idempotencyKey !== undefined) return await this.#once.run(wanted, preference.idempotencyKey);
    // Preferences that mean nothing here.
    this.#once.runAsItIs(wanted);
  }

  async #enqueue(wanted: Wanted, { when, priority, idempotencyKey }: Preference, waitMs: number): Promise<void> {
    const { exchange, target, version, seen } = wanted;
    const body = await readBody(exchange);
    const { method } = exchange.facts;
    // Compared with that of a request with the same key, and only then.
    const print =
      idempotencyKey === undefined ? "" : fingerprint({ function: version.function, ref: target.ref, method, path: target.path, body });
    const { id, duplicate } = await this.#lane.enqueue(
      {
        function: version.function,
        ref: target.ref,
        method,
        url: seen.origin + target.path,
        headers: seen.headers.filter(([name]) => name !== "prefer"),
        body,
        priority,
        ...when,
        ...(idempotencyKey === undefined ? {} : { dedupeKey: `http:${idempotencyKey}` }),
      },
      print,
    );
    const marks = duplicate ? [REPLAYED, "true"] : [];
    if (waitMs > 0 && (await this.#answered(exchange, { id, waitMs, marks }))) return;
    if (exchange.response.closed) return;
    acceptedAnswer(exchange, id, marks);
  }

  /** True: it was settled in time, and the function's own answer is out. */
  async #answered(exchange: Exchange, { id, waitMs, marks }: { id: string; waitMs: number; marks: string[] }): Promise<boolean> {
    const left = new AbortController();
    exchange.onLeft = () => left.abort();
    const record = await this.#settled.wait(id, { waitMs, signal: left.signal });
    exchange.onLeft = undefined;
    if (record === null || exchange.response.closed) return false;
    const answer = await this.#settled.answer(record);
    if (answer === null) return false;
    const { status, headers, body } = answer;
    exchange.open(status, [...headers.flat(), ...marks, "location", invocationPath(id), "content-length", String(body.length)]);
    exchange.end(body);
    return true;
  }
}

/** @source RFC 7240, 4.1: 202 with where to ask, and that the preference was honoured. */
function acceptedAnswer(exchange: Exchange, id: string, marks: string[]): void {
  // ASCII; as a string it goes out in one piece with the head.
  const body = JSON.stringify({ id, location: invocationPath(id) });
  exchange.open(202, [
    ...["content-type", "application/json", "content-length", String(body.length)],
    ...["location", invocationPath(id), "preference-applied", "respond-async", ...marks],
  ]);
  exchange.end(body);
}
