import { performance } from "node:perf_hooks";
import { shortVersion, type Envelope, type ErrorCode, type EnvelopeHead, type Receipt } from "@zygo/contracts";
import {
  encodeFrame,
  encodeHead,
  encodeJson,
  encodeWindow,
  FLAG_END,
  FrameError,
  FrameType,
  type FailurePayload,
  type RequestHead,
  type ResponseHead,
} from "@zygo/contracts/frames";
import { HEADERS, type StartKind } from "@zygo/contracts/names";
import { Credit } from "./credit.ts";
import type { FrameLink } from "./frame-link.ts";
import type { PeerResponse } from "./peer.ts";
import type { Reading } from "./receipts/account.ts";
import { NO_INSTANCE, receiptOf, type Reckoning } from "./receipts/receipt.ts";
import { VERDICTS, type Verdict } from "./verdict.ts";

const NOTHING = Buffer.alloc(0);

/** The gateway's side of an invocation. */
export interface Caller {
  send(frame: Buffer): void;
  /** The stream is over: frames that still come for it mean nothing. */
  forget(stream: number): void;
}

/** The instance's side of an invocation. */
export interface Seat {
  link: FrameLink;
  /** Number of the invocation on the instance's link. */
  stream: number;
  kind: StartKind;
  initMs: number;
  holder: { overdue(invocation: Invocation): void; reckon(invocation: Invocation): Reckoning };
  /** `<worker>/<sandbox>`. */
  instance: string;
  /** The instance's counters when it was given to it; undefined when they could not be read. */
  from: Reading | undefined;
  /** Another was served beside it. */
  shared: boolean;
  /** Most bytes of the answer's body. */
  responseBytes: number;
}

/** What became of it, for the log. */
export interface Outcome {
  status?: number;
  code?: ErrorCode;
  /** Why the platform ended it; absent when the function did. */
  verdict?: Verdict;
  handlerMs?: number;
}

/**
 * One invocation from the queue to its end: relays frames between gateway and instance, counting credit in both directions. The
 * methods named after the instance throw FrameError when it breaks the order of the protocol. After the caller was told the end (or
 * left), frames of the instance are still checked, but go nowhere.
 */
export class Invocation {
  readonly head: EnvelopeHead;
  readonly dequeuedMs: number;
  readonly outcome: Outcome = {};
  /** Of how deep a chain of function-to-function calls this is the end: 0 for a call from outside. */
  readonly depth: number;
  readonly #caller: Caller;
  readonly #requestCredit = new Credit();
  readonly #responseCredit = new Credit();
  readonly #dequeuedAt = performance.now();
  #inline: Buffer;
  #parked: { payload: Buffer; flags: number }[] = [];
  #seat: Seat | undefined;
  #startMs = 0;
  #requestEnded: boolean;
  #response: "none" | "open" | "ended" = "none";
  #responseBytes = 0;
  #told = false;

  constructor({ head, body }: Envelope, caller: Caller, dequeuedMs: number) {
    this.head = head;
    this.dequeuedMs = dequeuedMs;
    this.#caller = caller;
    this.#inline = body;
    this.#requestEnded = head.complete;
    this.depth = depthOf(head);
  }

  get seat(): Seat | undefined {
    return this.#seat;
  }

  /** The caller has its whole answer, or has left. */
  get told(): boolean {
    return this.#told;
  }

  get startMs(): number {
    return this.#startMs;
  }

  get queueMs(): number {
    return Math.max(0, this.dequeuedMs - this.head.enqueuedMs);
  }

  /** Milliseconds since the worker took it. */
  get ageMs(): number {
    return performance.now() - this.#dequeuedAt;
  }

  /** Gives it to an instance: once. */
  sit(seat: Seat): void {
    this.#seat = seat;
    this.#startMs = Math.max(0, this.ageMs - seat.initMs);
    this.#requestCredit.spend(this.#inline.length);
    seat.link.send(encodeHead(FrameType.request, seat.stream, requestHead(this.head), this.#inline, this.head.complete ? FLAG_END : 0));
    for (const { payload, flags } of this.#parked) seat.link.send(encodeFrame(FrameType.body, seat.stream, flags, payload));
    this.#inline = NOTHING;
    this.#parked = [];
  }

  /** @throws FrameError when the gateway overruns its window. */
  callerBody(payload: Buffer, flags: number): void {
    if (this.#requestEnded) throw new FrameError("body after its end");
    this.#requestCredit.spend(payload.length);
    if ((flags & FLAG_END) !== 0) this.#requestEnded = true;
    if (this.#seat === undefined) this.#parked.push({ payload: Buffer.from(payload), flags });
    else this.#seat.link.send(encodeFrame(FrameType.body, this.#seat.stream, flags, payload));
  }

  /** @throws FrameError when the gateway returns credit that was not spent. */
  callerWindow(bytes: number): void {
    this.#responseCredit.refund(bytes);
    if (this.#response === "open") this.#seat?.link.send(encodeWindow(this.#seat.stream, bytes));
  }

  /** The caller went away. */
  callerLeft(): void {
    if (this.#told) return;
    this.outcome.code = "CLIENT_CLOSED_REQUEST";
    this.#end();
    this.cancel();
  }

  /** Aborts `request.signal` in the function. */
  cancel(): void {
    this.#seat?.link.send(encodeFrame(FrameType.cancel, this.#seat.stream, 0));
  }

  instanceResponse(response: PeerResponse, body: Buffer, flags: number): void {
    if (this.#response !== "none") throw new FrameError("second response");
    this.#response = "open";
    this.outcome.status = response.status;
    if (response.handlerMs !== undefined) this.outcome.handlerMs = response.handlerMs;
    this.#responseCredit.spend(body.length);
    this.#boundResponse(Math.max(body.length, this.#announced(response)), body.length);
    this.#sendReceipt(flags);
    if (!this.#told) this.#caller.send(encodeHead(FrameType.response, this.head.stream, this.#responseHead(response), body, flags));
    this.#endOfResponse(flags);
  }

  instanceBody(payload: Buffer, flags: number): void {
    if (this.#response !== "open") throw new FrameError("body without a response, or after its end");
    if (payload.length === 0 && (flags & FLAG_END) === 0) throw new FrameError("empty body frame");
    this.#responseCredit.spend(payload.length);
    this.#boundResponse(payload.length, payload.length);
    this.#sendReceipt(flags);
    if (!this.#told) this.#caller.send(encodeFrame(FrameType.body, this.head.stream, flags, payload));
    this.#endOfResponse(flags);
  }

  instanceWindow(bytes: number): void {
    if (bytes === 0) throw new FrameError("empty window frame");
    this.#requestCredit.refund(bytes);
    if (!this.#told && !this.#requestEnded) this.#caller.send(encodeWindow(this.head.stream, bytes));
  }

  /** The function's own failure. */
  instanceFailure(verdict: Verdict): void {
    if (this.#response === "ended") throw new FrameError("failure after the end of the response");
    this.#response = "ended";
    this.#fail(verdict);
  }

  /** Everything of it is settled. */
  instanceDone(): void {
    if (this.#response !== "ended" && !this.#told) throw new FrameError("done before the end of the response");
  }

  /** Tells the caller that there will be no (further) answer; nothing happens when it was told already. */
  fail(verdict: Verdict): void {
    if (this.#told) return;
    this.outcome.verdict = verdict;
    this.#fail(verdict);
  }

  /** More than the limit gets no further: no head goes out when it shows in time, else the answer is broken off. */
  #boundResponse(expected: number, bytes: number): void {
    const limit = this.#seat?.responseBytes ?? Infinity;
    if (!this.#told && this.#responseBytes + expected > limit) {
      this.fail(VERDICTS.tooLarge);
      this.cancel();
    }
    this.#responseBytes += bytes;
  }

  /** What the head says of the body's length. An answer to HEAD, or a 304, has none whatever it says. */
  #announced({ status, headers }: PeerResponse): number {
    if (this.head.method === "HEAD" || status === 304) return 0;
    const text = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1] ?? "0";
    return /^\d{1,15}$/.test(text) ? Number(text) : 0;
  }

  #fail({ code, detail }: Verdict): void {
    if (this.#told) return;
    this.outcome.code = code;
    const failure: FailurePayload = { code, detail, version: shortVersion(this.head.version) };
    if (this.#seat !== undefined) failure.start = this.#seat.kind;
    this.#sendReceipt(FLAG_END);
    this.#caller.send(encodeJson(FrameType.failure, this.head.stream, failure, FLAG_END));
    this.#end();
  }

  /** All of it is over: for those whose record waits for it. */
  tellReceipt(receipt: Receipt): void {
    if (this.head.receipt === "record") this.#caller.send(encodeJson(FrameType.receipt, 0, receipt));
  }

  /** Before the frame that ends the answer. */
  #sendReceipt(flags: number): void {
    if (this.head.receipt === undefined || this.#told || (flags & FLAG_END) === 0) return;
    const receipt = receiptOf(this, this.#seat?.holder.reckon(this) ?? NO_INSTANCE, false);
    this.#caller.send(encodeJson(FrameType.receipt, this.head.stream, receipt));
  }

  #responseHead(response: PeerResponse): ResponseHead {
    return {
      ...response,
      start: this.#seat?.kind ?? "cold",
      version: shortVersion(this.head.version),
      timing: { queue: round(this.queueMs), start: round(this.#startMs), init: round(this.#seat?.initMs ?? 0) },
    } as ResponseHead;
  }

  #endOfResponse(flags: number): void {
    if ((flags & FLAG_END) === 0) return;
    this.#response = "ended";
    if (this.#told) return;
    this.#end();
    // Nobody is left to send the rest of the request.
    if (!this.#requestEnded) this.cancel();
  }

  #end(): void {
    this.#told = true;
    this.#parked = [];
    this.#caller.forget(this.head.stream);
  }
}

function requestHead(head: EnvelopeHead): RequestHead {
  const { requestId, method, url, headers, deadlineMs, attempt, trigger, deliver } = head;
  return { requestId, method, url, headers, deadlineMs, attempt, trigger, deliver };
}

function depthOf(head: EnvelopeHead): number {
  const value = head.headers.find(([name]) => name.toLowerCase() === HEADERS.depth)?.[1];
  const depth = Number(value ?? 0);
  return Number.isInteger(depth) && depth > 0 ? depth : 0;
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;
