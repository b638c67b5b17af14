import type { Destination, InvocationView, NewJob } from "@zygo/contracts";
import { functionId, HEADERS, MAX_CALL_DEPTH, MAX_REQUEST_BYTES, tenantOf } from "@zygo/contracts/names";
import type { AsyncLane, HeldAttempt } from "@zygo/queue";
import type { Log } from "@zygo/service";
import type { AttemptResult } from "./attempts.ts";
import type { Conclusion } from "./conclusion.ts";
import type { Settled } from "./settled.ts";

/** An invocation that is about to be settled, and how. */
type Settling = Pick<HeldAttempt, "job" | "base">;
type End = Pick<Conclusion & { kind: "settle" }, "state" | "attempt" | "reason">;

/** Sends results on: each is a job of its own, so it is delivered at least once, with the same retries. */
export class Destinations {
  readonly #lane: AsyncLane;
  readonly #settled: Settled;
  readonly #log: Log;

  constructor(given: { lane: AsyncLane; settled: Settled; log: Log }) {
    this.#lane = given.lane;
    this.#settled = given.settled;
    this.#log = given.log;
  }

  /** Before the invocation is settled, so that a result that is known is on its way. @throws FnError QUEUE_UNAVAILABLE */
  async send(held: Settling, result: Pick<AttemptResult, "outcome" | "version">, end: End): Promise<void> {
    const destination = destinationOf(held, result, end.state);
    if (destination === null || held.job.post !== null) return;
    const depth = Number(held.job.headers.find(([name]) => name === HEADERS.depth)?.[1] ?? 0) + 1;
    if (depth >= MAX_CALL_DEPTH)
      return this.#log.warn("result not sent on: functions send each other results in a circle", { invocation: held.job.id });
    const body = await this.#body(held, result, end);
    await this.#lane.enqueue({
      ...jobTo(destination, held, depth),
      body,
      parent: held.job.id,
      dedupeKey: `result:${held.job.id}:${held.base}`,
    });
  }

  /** As `GET /invocations/<id>` shows it; without the answer when that is too large for a request. */
  async #body(held: Settling, { outcome }: Pick<AttemptResult, "outcome">, { state, attempt, reason }: End): Promise<Buffer> {
    const record = await this.#lane.records.find(held.job.id);
    const attempts = [...(record?.attempts ?? []).filter(({ number }) => number !== attempt.number), attempt];
    const answer = outcome.kind === "error" ? null : { ...outcome.answer, body: { inline: outcome.answer.body.toString("base64") } };
    const view: InvocationView = await this.#settled.view({ job: held.job, state, attempts, reason, settledMs: attempt.endedMs, answer });
    const whole = Buffer.from(JSON.stringify(view));
    return whole.length <= MAX_REQUEST_BYTES ? whole : Buffer.from(JSON.stringify({ ...view, answer: null }));
  }
}

function destinationOf({ job }: Settling, { version }: Pick<AttemptResult, "version">, state: string): Destination | null {
  if (state === "succeeded") return job.onSuccess ?? version?.limits.onSuccess ?? null;
  if (state !== "failed" || job.onFailure === "none") return null;
  return job.onFailure ?? version?.limits.onFailure ?? null;
}

function jobTo(destination: Destination, { job }: Settling, depth: number): NewJob {
  const headers: [string, string][] = [
    ["content-type", "application/json"],
    ["host", "fn.internal"],
    [HEADERS.caller, job.function],
    [HEADERS.depth, String(depth)],
  ];
  if ("url" in destination) return { function: job.function, url: destination.url, headers, post: destination };
  const name = functionId(tenantOf(job.function), destination.function);
  return { function: name, url: `http://${destination.function}.fn.internal/`, headers };
}
