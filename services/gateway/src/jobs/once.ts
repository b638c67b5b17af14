import { randomUUID } from "node:crypto";
import { FnError, type ErrorCode, type StoredAnswer } from "@zygo/contracts";
import { loadBody, storeBody, type AsyncLane, type PayloadStore } from "@zygo/queue";
import { asksForReceipt, type Exchange } from "../exchange.ts";
import type { Facts } from "../facts.ts";
import type { Launcher } from "../launch.ts";
import { problemAnswer } from "../problem.ts";
import { digestOfKey, fingerprint } from "./fingerprint.ts";
import type { Wanted } from "./wanted.ts";
import { readBody } from "./read-body.ts";
import { RecordedExchange, type Outcome } from "./recorded-exchange.ts";

/** On an answer that was given before. */
export const REPLAYED = "idempotency-replayed";

/** An answer is replayed for so long, milliseconds. */
export const KEEP_ANSWER_MS = 86_400_000;
/** A claim outlives its invocation's deadline by this, milliseconds: a gateway that died gives no key back. */
const CLAIM_GRACE_MS = 10_000;

/** Failures after which the function has certainly not run: the key is free again. */
const NOT_RUN: ReadonlySet<ErrorCode> = new Set(["QUEUE_UNAVAILABLE", "OVERLOADED", "QUEUE_TIMEOUT"]);

/** Synchronous calls with an Idempotency-Key: one execution, whose answer every later call with the key gets. */
export class Once {
  readonly #lane: AsyncLane;
  readonly #payloads: PayloadStore;
  readonly #launch: Launcher;

  constructor(lane: AsyncLane, payloads: PayloadStore, launch: Launcher) {
    this.#lane = lane;
    this.#payloads = payloads;
    this.#launch = launch;
  }

  /** @throws FnError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_IN_FLIGHT, QUEUE_UNAVAILABLE */
  async run(wanted: Wanted, key: string): Promise<void> {
    const { exchange, target, version } = wanted;
    const body = await readBody(exchange);
    const { method } = exchange.facts;
    const print = fingerprint({ function: version.function, ref: target.ref, method, path: target.path, body });
    const claim = { digest: digestOfKey(key), fingerprint: print, token: randomUUID(), holdMs: version.limits.timeoutMs + CLAIM_GRACE_MS };
    const begun = await this.#lane.idempotency.begin(version.function, claim);
    if (begun.kind === "other") throw new FnError("IDEMPOTENCY_KEY_REUSED");
    if (begun.kind === "in-flight") throw new FnError("IDEMPOTENCY_KEY_IN_FLIGHT");
    if (begun.kind === "done") return await this.#send(exchange, begun.answer, [REPLAYED, "true"]);
    const outcome = await this.#execute(wanted, body);
    const answer = await this.#keep(outcome, exchange.facts.requestId, claim.digest);
    const end = { digest: claim.digest, token: claim.token, keepMs: KEEP_ANSWER_MS };
    // An answer that cannot be kept is given all the same: the claim lapses by itself.
    await this.#lane.idempotency.end(version.function, { ...end, answer: isFree(outcome) ? null : answer }).catch(() => {});
    if (exchange.response.closed) return;
    if (outcome.kind === "error") exchange.fail(outcome.error);
    else await this.#send(exchange, answer, []);
  }

  /** A request whose preferences do not matter here. */
  runAsItIs({ exchange, version, seen, target, quotas }: Wanted): void {
    this.#launch({ exchange, seen, version, path: target.path, quotas, asksReceipt: asksForReceipt(exchange.request) });
  }

  /** A caller that leaves does not end it: whoever asks again gets the answer. */
  async #execute({ exchange, target, version, seen, quotas }: Wanted, body: Buffer): Promise<Outcome> {
    const { method, requestId, trigger = "http" } = exchange.facts;
    const request = { method, url: seen.origin + target.path, function: version.function, trigger, body, requestId };
    const inner = new RecordedExchange(request, () => {});
    try {
      const asksReceipt = asksForReceipt(exchange.request);
      this.#launch({ exchange: inner, seen, version, path: target.path, quotas, asksReceipt });
    } catch (error) {
      inner.fail(error as FnError);
    }
    const outcome = await inner.outcome;
    adopt(exchange.facts, inner.facts);
    return outcome;
  }

  async #keep(outcome: Outcome, requestId: string, digest: string): Promise<StoredAnswer> {
    const { status, headers, body } = outcome.kind === "answer" ? outcome.answer : problemOf(outcome.error, requestId);
    return {
      status,
      headers: headers.filter(([name]) => !name.startsWith("x-fn-")),
      body: await storeBody(this.#payloads, `${digest}.once`, body),
    };
  }

  async #send(exchange: Exchange, answer: StoredAnswer, marks: string[]): Promise<void> {
    const body = await loadBody(this.#payloads, answer.body);
    exchange.open(answer.status, [...withoutTiming(answer).flat(), ...marks, "content-length", String(body.length)]);
    exchange.end(body);
  }
}

const isFree = (outcome: Outcome): boolean => outcome.kind === "error" && NOT_RUN.has(outcome.error.code);

const withoutTiming = ({ headers }: StoredAnswer): [string, string][] => headers.filter(([name]) => name !== "server-timing");

function problemOf(error: FnError, requestId: string): { status: number; headers: [string, string][]; body: Buffer } {
  const { status, headers, body } = problemAnswer(error, requestId);
  return { status, headers: Object.entries(headers).filter(([name]) => name !== "content-length"), body: Buffer.from(body) };
}

/** What the inner request learned, for the headers and the log of the outer one. */
function adopt(facts: Facts, { start, queueMs, startMs, initMs, handlerMs, worker, error, receipt }: Facts): void {
  const learned = { start, queueMs, startMs, initMs, handlerMs, worker, error, receipt };
  Object.assign(facts, Object.fromEntries(Object.entries(learned).filter(([, value]) => value !== undefined)));
}
