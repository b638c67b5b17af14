import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { AcceptedJob, Call, Echo } from "./history.ts";
import type { Random } from "./random.ts";

/** Longer than the function's deadline, a wait in the queue and the gateway's own deadline together, milliseconds. */
const NO_ANSWER_MS = 25_000;

/** Longest pause of a caller, and of a sender, milliseconds: jobs are soon accepted, and all have to be run. */
const CALL_PAUSE_MS = 15;
const SEND_PAUSE_MS = 80;
const POST_PAUSE_MS = 200;

const EchoBody = z.object({ id: z.string(), run: z.string(), edition: z.string() });
const ProblemBody = z.object({ code: z.string() });

export interface LoadOptions {
  /** Of the function, without a query. */
  url: string;
  random: Random;
  callers: number;
  senders: number;
  /** Each sends a few messages at a time. */
  messengers: number;
  /** Sends messages to the function; gives their ids. @throws when nothing is promised */
  post: (bodies: { id: string; ms: number; fail: number }[]) => Promise<string[]>;
  /** Tells ids of one round from those of another. */
  prefix: string;
}

/** Callers who wait and senders who do not, each one after another, and the ledger of what they were told. */
export class Load {
  readonly calls: Call[] = [];
  readonly jobs: AcceptedJob[] = [];
  readonly messages: AcceptedJob[] = [];
  readonly #options: LoadOptions;
  readonly #running: Promise<void>[];
  #stopping = false;
  #count = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    const callers = Array.from({ length: options.callers }, () => this.#again(() => this.#call(), CALL_PAUSE_MS));
    const senders = Array.from({ length: options.senders }, () => this.#again(() => this.#send(), SEND_PAUSE_MS));
    const messengers = Array.from({ length: options.messengers }, () => this.#again(() => this.#post(), POST_PAUSE_MS));
    this.#running = [...callers, ...senders, ...messengers];
  }

  /** Answers of the function's own, to callers who waited. */
  get succeeded(): number {
    return this.calls.filter(({ status }) => status === 200).length;
  }

  /** Resolves when the last caller has been answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #again(once: () => Promise<void>, pauseMs: number): Promise<void> {
    while (!this.#stopping) {
      await once();
      await sleep(this.#options.random.between(0, pauseMs));
    }
  }

  async #call(): Promise<void> {
    const { url, random } = this.#options;
    const call: Call = { id: this.#nextId("call"), answers: 0, status: 0 };
    this.calls.push(call);
    try {
      const answer = await fetch(`${url}?id=${call.id}&ms=${random.between(0, 30)}`, { signal: AbortSignal.timeout(NO_ANSWER_MS) });
      const body: unknown = await answer.json();
      Object.assign(call, { answers: 1, status: answer.status, version: answer.headers.get("x-fn-version") });
      if (answer.status === 200) call.echoed = EchoBody.parse(body);
      else call.code = ProblemBody.parse(body).code;
    } catch (error) {
      if (error instanceof Error && error.name === "TimeoutError") call.late = true;
    }
  }

  async #send(): Promise<void> {
    const { url, random } = this.#options;
    const id = this.#nextId("job");
    const target = `${url}?id=${id}&ms=${random.between(0, 30)}&fail=${random.between(0, 9) === 0 ? 1 : 0}`;
    try {
      const answer = await fetch(target, {
        method: "POST",
        headers: { prefer: "respond-async" },
        signal: AbortSignal.timeout(NO_ANSWER_MS),
      });
      await answer.arrayBuffer();
      const location = answer.headers.get("location");
      if (answer.status === 202 && location !== null) this.jobs.push({ id, location, state: "queued", attempts: 0 });
    } catch {
      // Nothing was promised.
    }
  }

  async #post(): Promise<void> {
    const { random, post } = this.#options;
    const bodies = Array.from({ length: random.between(1, 6) }, () => ({
      ...{ id: this.#nextId("message"), ms: random.between(0, 20), fail: random.between(0, 9) === 0 ? 1 : 0 },
    }));
    try {
      const ids = await post(bodies);
      bodies.forEach(({ id }, at) => this.messages.push({ id, location: `/invocations/${ids[at] ?? ""}`, state: "queued", attempts: 0 }));
    } catch {
      // Nothing was promised.
    }
  }

  #nextId(kind: string): string {
    return `${this.#options.prefix}-${kind}-${++this.#count}`;
  }
}

const Told = z.object({
  state: z.string(),
  attempts: z.array(z.unknown()),
  answer: z.object({ body: z.string() }).nullable(),
});

/** Asks what became of a job. A platform that does not answer leaves it as it was. */
export async function askAfter(job: AcceptedJob, base: string): Promise<void> {
  const answer = await fetch(new URL(job.location, base), { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (answer === undefined) return;
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.status === 404) job.state = "missing";
  if (!answer.ok) return;
  const told = Told.parse(body);
  job.state = told.state;
  job.attempts = told.attempts.length;
  if (told.state === "succeeded" && told.answer !== null) job.echoed = echoOf(told.answer.body);
}

function echoOf(body: string): Echo {
  return EchoBody.parse(JSON.parse(body));
}
