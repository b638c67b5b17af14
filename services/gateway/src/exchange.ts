import { randomUUIDv7 } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ERRORS, type FnError } from "@zygo/contracts";
import { discardBody } from "./discard.ts";
import { platformHeaders, type Facts } from "./facts.ts";
import { problemAnswer } from "./problem.ts";

/** One HTTP request and its one answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: Facts;
  /** Called once if the client leaves before the answer is out. */
  onLeft: (() => void) | undefined;
  readonly #receivedAt = performance.now();
  readonly #record: (facts: Facts) => void;

  /** @param record called once, when the answer is out or the connection is gone */
  constructor(request: IncomingMessage, response: ServerResponse, record: (facts: Facts) => void) {
    this.request = request;
    this.response = response;
    this.#record = record;
    const url = request.url ?? "/";
    const query = url.indexOf("?");
    this.facts = {
      requestId: randomUUIDv7(),
      method: request.method ?? "GET",
      path: query < 0 ? url : url.slice(0, query),
      bytesIn: 0,
      bytesOut: 0,
    };
    response.on("close", () => this.#closed());
  }

  /** Sends the head. @throws TypeError or RangeError when a header or the status is illegal; nothing is sent then. */
  open(status: number, headers: string[]): void {
    this.response.writeHead(status, [...headers, ...platformHeaders(this.facts)]);
    this.facts.status = status;
  }

  /** The whole answer is given. */
  end(last?: Buffer): void {
    this.response.end(last);
    discardBody(this.request);
  }

  /** Answers with a problem; after the head was sent it cuts the connection, so that the client sees that something is missing. */
  fail(error: FnError): void {
    if (this.response.closed || this.response.writableEnded) return;
    this.facts.code = error.code;
    this.facts.detail = error.message;
    if (error.cause !== undefined) this.facts.error ??= error.cause;
    if (this.response.headersSent) return void this.response.destroy();
    const { status, headers, body } = problemAnswer(error, this.facts.requestId);
    this.open(status, Object.entries(headers).flat());
    this.end(Buffer.from(body));
  }

  #closed(): void {
    const { facts } = this;
    facts.durationMs = performance.now() - this.#receivedAt;
    if (!this.response.writableFinished && facts.code === undefined) {
      facts.code = "CLIENT_CLOSED_REQUEST";
      facts.status = ERRORS.CLIENT_CLOSED_REQUEST.status;
    }
    this.onLeft?.();
    this.#record(facts);
  }
}
