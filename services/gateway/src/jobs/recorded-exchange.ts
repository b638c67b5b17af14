import { randomUUIDv7 } from "node:crypto";
import { Readable } from "node:stream";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { ERRORS, FnError } from "@zygo/contracts";
import type { Asker, BodySource } from "../exchange.ts";
import type { Facts } from "../facts.ts";

/** The longest answer that is kept, bytes. */
export const MAX_ANSWER_BYTES = 6 * 1024 * 1024;

/** What became of an attempt: an answer, or the error that came instead. */
export type Outcome = { kind: "answer"; answer: RecordedAnswer } | { kind: "error"; error: FnError };

export interface RecordedAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

export interface RecordedRequest {
  method: string;
  /** Absolute URL. */
  url: string;
  function: string;
  trigger: string;
  body: Buffer;
  requestId?: string;
}

/** An asker that is no HTTP client: it gives a body that is known and keeps the whole answer. */
export class RecordedExchange implements Asker {
  readonly request: BodySource;
  readonly facts: Facts;
  onLeft: (() => void) | undefined;
  /** Resolves once, when it is over. */
  readonly outcome: Promise<Outcome>;
  readonly #startedAt = performance.now();
  readonly #resolve: (outcome: Outcome) => void;
  readonly #record: (facts: Facts) => void;
  readonly #chunks: Buffer[] = [];
  #head: { status: number; headers: [string, string][] } | undefined;
  #bytes = 0;
  #over = false;

  /** @param record called once, when it is over */
  constructor({ method, url, function: name, trigger, body, requestId }: RecordedRequest, record: (facts: Facts) => void) {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#record = record;
    this.request = bodySource(body);
    this.facts = {
      requestId: requestId ?? randomUUIDv7(),
      method,
      path: URL.canParse(url) ? new URL(url).pathname : "/",
      function: name,
      trigger,
      bytesIn: 0,
      bytesOut: 0,
    };
  }

  open(status: number, headers: string[]): void {
    const pairs = Array.from({ length: headers.length / 2 }, (_, at): [string, string] => [
      headers[2 * at] ?? "",
      headers[2 * at + 1] ?? "",
    ]);
    for (const [name, value] of pairs) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    this.#head = { status, headers: pairs.filter(([name]) => name !== "content-length") };
    this.facts.status = status;
  }

  flush(): void {}

  write(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER_BYTES) {
      this.fail(
        new FnError("PAYLOAD_TOO_LARGE", `The function's answer has more than ${MAX_ANSWER_BYTES} bytes, which is the most that is kept.`),
      );
      this.onLeft?.();
    } else this.#chunks.push(chunk);
    return true;
  }

  whenDrained(): void {}

  endWithin(): void {}

  end(last?: Buffer | string): void {
    if (last !== undefined) this.write(Buffer.from(last));
    if (this.#head !== undefined) this.#close({ kind: "answer", answer: { ...this.#head, body: Buffer.concat(this.#chunks) } });
  }

  fail(error: FnError): void {
    if (this.#over) return;
    this.facts.code = error.code;
    this.facts.detail = error.message;
    this.facts.status = ERRORS[error.code].status;
    if (error.cause !== undefined) this.facts.error ??= error.cause;
    this.#close({ kind: "error", error });
  }

  cut(): void {
    this.fail(new FnError("INTERNAL"));
  }

  #close(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.facts.durationMs = performance.now() - this.#startedAt;
    this.#resolve(outcome);
    this.#record(this.facts);
  }
}

/** A body of known length, in pieces that a window takes. */
function bodySource(body: Buffer): BodySource {
  const step = 64 * 1024;
  const pieces = Array.from({ length: Math.ceil(body.length / step) }, (_, at) => body.subarray(at * step, (at + 1) * step));
  return Object.assign(Readable.from(pieces, { objectMode: false }), { headers: { "content-length": String(body.length) } });
}
