import { randomUUIDv7 } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { ERRORS, type FnError } from "@zygo/contracts";
import { discardBody } from "./discard.ts";
import { HEADERS } from "@zygo/contracts/names";
import { platformHeaders, type Facts } from "./facts.ts";
import { problemAnswer } from "./problem.ts";

/** Where a request's body comes from. `IncomingMessage` is one. */
export type BodySource = Readable & Pick<IncomingMessage, "headers">;

/** Whoever asked for an invocation: an HTTP client, or a job that records the answer. */
export interface Asker {
  readonly request: BodySource;
  readonly facts: Facts;
  /** Called once if the asker leaves before the answer is out. */
  onLeft: (() => void) | undefined;
  /** @throws TypeError or RangeError when a header or the status is illegal; nothing is sent then. */
  open(status: number, headers: string[]): void;
  /** The head goes out, though no body has come. */
  flush(): void;
  /** False: wait for `whenDrained` before more is given. */
  write(chunk: Buffer): boolean;
  whenDrained(then: () => void): void;
  end(last?: Buffer | string): void;
  /** Ends the connection if the asker does not take the rest within `idleMs`. */
  endWithin(idleMs: number): void;
  fail(error: FnError): void;
  /** Breaks the answer off. */
  cut(): void;
}

export const asksForReceipt = ({ headers }: Pick<IncomingMessage, "headers">): boolean => headers[HEADERS.receipt] === "1";

/** One HTTP request and its one answer. */
export class Exchange implements Asker {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: Facts;
  /** Called once if the client leaves before the answer is out. */
  onLeft: (() => void) | undefined;
  /** A receipt will come: where the head is sent before it, a trailer is announced for it. */
  announceReceipt = false;
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
    const all = [...headers, ...platformHeaders(this.facts)];
    if (this.announceReceipt && this.facts.receipt === undefined && this.#takesTrailers(status, headers))
      all.push("trailer", HEADERS.receipt);
    else this.announceReceipt = false;
    this.response.writeHead(status, all);
    this.facts.status = status;
  }

  flush(): void {
    this.response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    return this.response.write(chunk);
  }

  whenDrained(then: () => void): void {
    this.response.once("drain", then);
  }

  cut(): void {
    this.response.destroy();
  }

  endWithin(idleMs: number): void {
    if ((this.response.socket?.writableLength ?? 0) === 0) return;
    const idle = setTimeout(() => this.cut(), idleMs);
    this.response.once("close", () => clearTimeout(idle));
  }

  /** The whole answer is given. */
  end(last?: Buffer | string): void {
    const { receipt } = this.facts;
    if (this.announceReceipt && receipt !== undefined) this.response.addTrailers([[HEADERS.receipt, JSON.stringify(receipt)]]);
    this.response.end(last);
    discardBody(this.request);
  }

  /** Whether the answer goes out in chunks, behind which there is room for more. @source RFC 9112, 7.1.2 */
  #takesTrailers(status: number, headers: string[]): boolean {
    const { method, httpVersion } = this.request;
    return method !== "HEAD" && status !== 204 && status !== 304 && httpVersion !== "1.0" && !headers.includes("content-length");
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
