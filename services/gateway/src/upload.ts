import { FnError } from "@zygo/contracts";
import { BODY_CHUNK_BYTES, WINDOW_BYTES } from "@zygo/contracts/frames";
import { MAX_INLINE_BYTES, MAX_REQUEST_BYTES } from "@zygo/contracts/names";
import { hasBody } from "./discard.ts";
import type { BodySource } from "./exchange.ts";

/** A small body that is not whole by then goes on the link, milliseconds. */
const GATHER_MS = 10;
/** A client that sends nothing of its body for so long is given up, milliseconds. */
const IDLE_MS = 30_000;
const NOTHING = Buffer.alloc(0);

export interface UploadEvents {
  /** Once: the whole body, or an empty one with `complete` false: the body then goes by `send` after `start`. */
  gathered(inline: Buffer, complete: boolean): void;
  /** A piece of at most BODY_CHUNK_BYTES, never more than there is credit for; `end` on the last, which may be empty. */
  send(piece: Buffer, end: boolean): void;
  /** PAYLOAD_TOO_LARGE or INVALID_REQUEST. Nothing is called after it. */
  failed(error: FnError): void;
}

/** A request body on its way to a worker: inline when it is small and there, else in pieces, as fast as credit comes back. */
export class Upload {
  readonly #request: BodySource;
  readonly #on: UploadEvents;
  readonly #idle: NodeJS.Timeout | undefined;
  /** What was read and not sent. */
  #waiting: Buffer[] = [];
  #credit = WINDOW_BYTES;
  #state: "gathering" | "held" | "sending" | "over" = "gathering";
  #readAll = false;
  #gather: NodeJS.Timeout | undefined;
  /** Bytes read. */
  bytes = 0;

  /** @param request not read from yet */
  constructor(request: BodySource, on: UploadEvents) {
    this.#request = request;
    this.#on = on;
    if (hasBody(request))
      this.#idle = setTimeout(() => this.#fail("INVALID_REQUEST", "The rest of the request body did not come."), IDLE_MS);
  }

  /** @throws FnError PAYLOAD_TOO_LARGE when the request says so itself. */
  static refuseTooLarge({ headers }: BodySource): void {
    if (Number(headers["content-length"] ?? 0) > MAX_REQUEST_BYTES) throw tooLarge();
  }

  begin(): void {
    if (!hasBody(this.#request)) return this.#gathered(NOTHING, true);
    this.#request.on("data", this.#read);
    this.#request.on("end", this.#end);
    if (Number(this.#request.headers["content-length"] ?? 0) > MAX_INLINE_BYTES) return this.#hold();
    this.#gather = setTimeout(() => this.#hold(), GATHER_MS);
  }

  /** A worker has claimed the invocation: the pieces may go. Nothing happens when the body went inline. */
  start(): void {
    if (this.#state !== "held") return;
    this.#state = "sending";
    this.#pump();
  }

  /** The receiver has consumed `bytes`. */
  credit(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, WINDOW_BYTES);
    if (this.#state === "sending") this.#pump();
  }

  /** Nobody wants the rest. Idempotent. */
  stop(): void {
    this.#state = "over";
    this.#waiting = [];
    clearTimeout(this.#gather);
    clearTimeout(this.#idle);
    this.#request.off("data", this.#read);
    this.#request.off("end", this.#end);
  }

  readonly #read = (chunk: Buffer): void => {
    this.bytes += chunk.length;
    if (this.bytes > MAX_REQUEST_BYTES) return this.#fail("PAYLOAD_TOO_LARGE", TOO_LARGE);
    this.#idle?.refresh();
    this.#waiting.push(chunk);
    if (this.#state === "sending") this.#pump();
    else if (this.#state === "held") this.#request.pause();
    else if (this.bytes > MAX_INLINE_BYTES) this.#hold();
  };

  readonly #end = (): void => {
    this.#readAll = true;
    clearTimeout(this.#idle);
    if (this.#state === "sending") this.#pump();
    else if (this.#state === "gathering")
      this.#gathered(this.#waiting.length === 1 ? (this.#waiting[0] ?? NOTHING) : Buffer.concat(this.#waiting), true);
  };

  #hold(): void {
    this.#request.pause();
    this.#gathered(NOTHING, false);
  }

  #gathered(inline: Buffer, complete: boolean): void {
    clearTimeout(this.#gather);
    this.#state = complete ? "over" : "held";
    if (complete) this.#waiting = [];
    this.#on.gathered(inline, complete);
  }

  /** Sends while there are bytes and credit, and reads on only when nothing waits: what is in memory stays within one window. */
  #pump(): void {
    while (this.#waiting.length > 0 && this.#credit > 0) this.#sendPiece();
    if (this.#waiting.length > 0) return void this.#request.pause();
    if (this.#readAll && this.#state === "sending") {
      this.#state = "over";
      this.#on.send(NOTHING, true);
    } else this.#request.resume();
  }

  #sendPiece(): void {
    const [first = NOTHING] = this.#waiting;
    const piece = first.subarray(0, Math.min(this.#credit, BODY_CHUNK_BYTES));
    if (piece.length === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(piece.length);
    this.#credit -= piece.length;
    this.#on.send(piece, false);
  }

  #fail(code: "PAYLOAD_TOO_LARGE" | "INVALID_REQUEST", detail: string): void {
    if (this.#state === "over") return;
    // While it is held back here, the client is not the one that is slow.
    if (code === "INVALID_REQUEST" && this.#request.isPaused()) return void this.#idle?.refresh();
    this.stop();
    this.#on.failed(new FnError(code, detail));
  }
}

const TOO_LARGE = `The request body has more than ${MAX_REQUEST_BYTES} bytes.`;
const tooLarge = (): FnError => new FnError("PAYLOAD_TOO_LARGE", TOO_LARGE);
