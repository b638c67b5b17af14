import { asFnError, encodeEnvelope, FnError, isErrorCode, type EnvelopeHead, type Receipt, type VersionRecord } from "@zygo/contracts";
import { decodeHead, decodeJson, encodeFrame, encodeWindow, FLAG_END, FrameError, FrameType } from "@zygo/contracts/frames";
import type { Deliver, Trigger } from "@zygo/contracts/names";
import { Download } from "./download.ts";
import type { Asker } from "./exchange.ts";
import type { SeenRequest } from "./request-headers.ts";
import type { Streams } from "./streams.ts";
import { Upload } from "./upload.ts";
import { Failure, SentHead } from "./wire.ts";

/** How much later than the worker's the gateway's own deadline is, milliseconds: it is for a worker that hangs. */
const GRACE_MS = 2000;

/** A worker that took an invocation off the queue claims it by then, milliseconds. */
const CLAIM_MS = 250;

/** The side of the sync lane that the gateway uses. Port of `SyncLane` in `packages/queue`. */
export interface Lane {
  /** @throws FnError QUEUE_UNAVAILABLE */
  enqueue(envelope: Buffer): Promise<void>;
  /** False: it was gone already, or the queue could not be asked. */
  remove(envelope: Buffer): Promise<boolean>;
  /** False: a worker has taken it. @throws FnError QUEUE_UNAVAILABLE */
  holds(envelope: Buffer): Promise<boolean>;
}

/** The worker that claimed an invocation. Port of `WorkerLink`. */
export interface Claimer {
  readonly worker: string;
  send(frame: Buffer): void;
  readonly claimed: Set<Invocation>;
}

export interface InvocationOptions {
  exchange: Asker;
  seen: SeenRequest;
  version: VersionRecord;
  /** The URL's part after the origin. */
  path: string;
  /** Of a job: what started it and which try it is. Absent: a caller who waits. */
  job?: { trigger: Trigger; attempt: number; deliver: Deliver };
  /** Who wants its receipt. */
  receipt: EnvelopeHead["receipt"];
  /** Where workers reach this process. */
  address: string;
  lane: Lane;
  streams: Streams<Invocation>;
  /** Called once, when it is over. */
  onEnd: () => void;
}

/**
 * One invocation, from the request's head to the end of its answer:
 *
 *   gather body → enqueue → claim → (body frames, window) → response → body … END
 *                    │        └ deadline + grace: FUNCTION_TIMEOUT    └ link lost: WORKER_LOST
 *                    └ deadline: QUEUE_TIMEOUT
 *
 * Whatever happens first ends it, once; the methods of an ended one do nothing.
 */
export class Invocation {
  readonly #given: InvocationOptions;
  readonly #stream: number;
  readonly #upload: Upload;
  readonly #download: Download;
  readonly #deadlineMs: number;
  #timer: NodeJS.Timeout;
  /** What lies in the queue, kept to take it back. */
  #envelope: Buffer | undefined;
  #enqueuedMs = 0;
  /** It is in the queue, or was. */
  #queued = false;
  #link: Claimer | undefined;
  #over = false;

  constructor(given: InvocationOptions) {
    this.#given = given;
    this.#stream = given.streams.add(this);
    const { timeoutMs } = given.version.limits;
    this.#deadlineMs = Date.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#notClaimed(), timeoutMs);
    this.#download = new Download(given.exchange, (bytes) => this.#link?.send(encodeWindow(this.#stream, bytes)));
    this.#upload = new Upload(given.exchange.request, {
      gathered: (inline, complete) => this.#enqueue(inline, complete),
      send: (piece, end) => this.#link?.send(encodeFrame(FrameType.body, this.#stream, end ? FLAG_END : 0, piece)),
      failed: (error) => this.abandon(error),
    });
    given.exchange.onLeft = () => this.abandon();
    this.#upload.begin();
  }

  get claimer(): Claimer | undefined {
    return this.#link;
  }

  /** False: it has a worker already. */
  claim(link: Claimer): boolean {
    if (this.#link !== undefined || this.#over) return false;
    this.#link = link;
    this.#envelope = undefined;
    link.claimed.add(this);
    const { facts } = this.#given.exchange;
    facts.worker = link.worker;
    facts.queueMs = Math.max(0, Date.now() - this.#enqueuedMs);
    this.#upload.start();
    return true;
  }

  /** @throws FrameError when the worker broke the protocol */
  onResponse(payload: Buffer, end: boolean): void {
    const { head, body } = decodeHead(payload);
    this.#relay(() => {
      const parsed = SentHead.safeParse(head);
      if (!parsed.success)
        throw new FnError("FUNCTION_INVALID_RESPONSE", "The function's answer has no valid status or headers.", { cause: parsed.error });
      this.#note(parsed.data);
      this.#download.head(parsed.data, body, end);
    }, end);
  }

  /** @throws FrameError when the worker broke the protocol */
  onBody(payload: Buffer, end: boolean): void {
    this.#relay(() => this.#download.write(payload, end), end);
  }

  /** Right before the end of the answer. */
  onReceipt(receipt: Receipt): void {
    this.#given.exchange.facts.receipt = receipt;
  }

  onWindow(bytes: number): void {
    this.#upload.credit(bytes);
  }

  /** @throws FrameError when the payload is no failure */
  onFailure(payload: Buffer): void {
    const parsed = Failure.safeParse(decodeJson(payload));
    if (!parsed.success) throw new FrameError("failure frame without code and detail", { cause: parsed.error });
    const { code, detail, error, start } = parsed.data;
    const { facts } = this.#given.exchange;
    if (start !== undefined) facts.start = start;
    facts.error = error;
    this.#fail(
      isErrorCode(code)
        ? new FnError(code, detail)
        : new FnError("INTERNAL", undefined, { cause: new Error(`worker failed with unknown code ${code}`) }),
    );
  }

  /** The claimer's link is gone. Nothing happens when it is over. */
  onLinkLost(): void {
    this.#fail(new FnError("WORKER_LOST"));
  }

  /**
   * Some worker is gone. If it had taken this off the queue and not claimed it yet, nobody has it: unless a claim comes soon, the caller is told.
   * @returns whether it still waits in the queue.
   */
  async seekWorker(): Promise<boolean> {
    if (this.#over || !this.#queued || this.#envelope === undefined) return false;
    if (await this.#given.lane.holds(this.#envelope).catch(() => true)) return true;
    setTimeout(() => this.#link === undefined && this.onLinkLost(), CLAIM_MS);
    return false;
  }

  /** Nobody waits for the answer any more, or (with an error) nobody shall: the worker is told, or the queue gives it back. Idempotent. */
  abandon(error?: FnError): void {
    if (this.#over) return;
    if (this.#link !== undefined) this.#link.send(encodeFrame(FrameType.cancel, this.#stream, 0));
    else if (this.#envelope !== undefined) void this.#given.lane.remove(this.#envelope);
    if (error === undefined) this.#end();
    else this.#fail(error);
  }

  #enqueue(inline: Buffer, complete: boolean): void {
    const { exchange, seen, version, path, address, lane, job, receipt } = this.#given;
    this.#enqueuedMs = Date.now();
    this.#envelope = encodeEnvelope(
      {
        requestId: exchange.facts.requestId,
        gateway: address,
        stream: this.#stream,
        function: version.function,
        version: version.version,
        method: exchange.facts.method,
        url: seen.origin + path,
        headers: seen.headers,
        deadlineMs: this.#deadlineMs,
        enqueuedMs: this.#enqueuedMs,
        trigger: job?.trigger ?? (seen.caller === null ? "http" : "function"),
        attempt: job?.attempt ?? 1,
        deliver: job?.deliver,
        receipt,
        complete,
      },
      inline,
    );
    lane.enqueue(this.#envelope).then(
      () => void (this.#queued = true),
      (error: unknown) => this.#notQueued(error),
    );
  }

  /** A push without an answer may have happened all the same: a claim is proof that it did. */
  #notQueued(error: unknown): void {
    if (this.#link === undefined) this.#fail(asFnError(error));
  }

  #notClaimed(): void {
    if (this.#link === undefined) return this.abandon(new FnError("QUEUE_TIMEOUT"));
    this.#timer = setTimeout(() => this.abandon(new FnError("FUNCTION_TIMEOUT")), GRACE_MS);
  }

  #note({ start, handlerMs, timing }: SentHead): void {
    const { facts } = this.#given.exchange;
    if (start !== undefined) facts.start = start;
    if (handlerMs !== undefined) facts.handlerMs = handlerMs;
    if (timing?.queue !== undefined) facts.queueMs = timing.queue;
    if (timing?.start !== undefined) facts.startMs = timing.start;
    if (timing?.init !== undefined) facts.initMs = timing.init;
  }

  #relay(step: () => void, end: boolean): void {
    if (this.#over) return;
    try {
      step();
      if (end) this.#end();
    } catch (error) {
      if (error instanceof FrameError) throw error;
      this.abandon(asFnError(error));
    }
  }

  #fail(error: FnError): void {
    if (this.#over) return;
    this.#end();
    this.#given.exchange.fail(error);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#given.exchange.facts.bytesIn = this.#upload.bytes;
    this.#upload.stop();
    this.#download.stop();
    this.#given.streams.delete(this.#stream);
    this.#link?.claimed.delete(this);
    this.#given.onEnd();
  }
}
