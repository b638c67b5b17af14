import { FnError } from "@zygo/contracts";
import { FrameError, WINDOW_BYTES } from "@zygo/contracts/frames";
import type { Asker } from "./exchange.ts";
import { sentHeaders } from "./response-headers.ts";
import type { SentHead } from "./wire.ts";

/** Credit is returned in steps of this, bytes: a quarter of the window, so the sender never runs dry meanwhile. */
const CREDIT_STEP = WINDOW_BYTES / 4;
/** A client that takes nothing of its answer for so long is cut off, milliseconds. */
const IDLE_MS = 60_000;

/** An answer on its way to the client. What the client has not taken is bounded by the window, for credit is returned as it takes. */
export class Download {
  readonly #exchange: Asker;
  readonly #credit: (bytes: number) => void;
  /** Sent by the worker and not returned as credit. */
  #outstanding = 0;
  /** Body bytes that the head promised and that have not come; undefined when it promised none. */
  #owed: number | undefined;
  #idle: NodeJS.Timeout | undefined;
  #state: "before" | "open" | "over" = "before";

  constructor(exchange: Asker, credit: (bytes: number) => void) {
    this.#exchange = exchange;
    this.#credit = credit;
  }

  /**
   * @throws FnError FUNCTION_INVALID_RESPONSE when the head cannot be sent
   * @throws FrameError on a second head
   */
  head(head: SentHead, body: Buffer, end: boolean): void {
    if (this.#state !== "before") throw new FrameError("second response head");
    const { flat, contentLength } = sentHeaders(head.headers);
    const bare = bodyless(this.#exchange.facts.method, head.status);
    // An empty body of an answer that has none says nothing of what a GET would get.
    const length = end && !(bare && body.length === 0) ? body.length : contentLength;
    if (length !== undefined && head.status !== 204) flat.push("content-length", String(length));
    try {
      this.#exchange.open(head.status, flat);
    } catch (cause) {
      throw new FnError("FUNCTION_INVALID_RESPONSE", "The function answered with a header that HTTP does not allow.", { cause });
    }
    this.#state = "open";
    if (!bare) this.#owed = length;
    this.write(body, end);
  }

  /**
   * @throws FnError FUNCTION_INVALID_RESPONSE when the body is not as long as the head said
   * @throws FrameError when it is not the turn of a body, or it overruns its window
   */
  write(chunk: Buffer, end: boolean): void {
    if (this.#state !== "open") throw new FrameError("body outside a response");
    this.#outstanding += chunk.length;
    if (this.#outstanding > WINDOW_BYTES) throw new FrameError("response overruns its window");
    this.#settle(chunk.length, end);
    this.#exchange.facts.bytesOut += chunk.length;
    // The payload is a view into the receive buffer, which is the decoder's.
    const copy = Buffer.from(chunk);
    if (end) return this.#end(copy);
    const taken = chunk.length === 0 ? this.#flushHead() : this.#exchange.write(copy);
    if (taken) this.#returnCredit();
    else this.#awaitClient();
  }

  stop(): void {
    this.#state = "over";
    clearTimeout(this.#idle);
  }

  /** A head without body bytes goes out at once: a stream may be long in coming. */
  #flushHead(): boolean {
    this.#exchange.flush();
    return true;
  }

  #settle(bytes: number, end: boolean): void {
    if (this.#owed === undefined) return;
    this.#owed -= bytes;
    if (this.#owed < 0 || (end && this.#owed > 0)) {
      throw new FnError("FUNCTION_INVALID_RESPONSE", "The function's body is not as long as its content-length.");
    }
  }

  #end(last: Buffer): void {
    this.stop();
    this.#exchange.end(last.length === 0 ? undefined : last);
    this.#exchange.endWithin(IDLE_MS);
  }

  #returnCredit(): void {
    if (this.#outstanding < CREDIT_STEP || this.#state !== "open") return;
    this.#credit(this.#outstanding);
    this.#outstanding = 0;
  }

  #awaitClient(): void {
    if (this.#idle !== undefined) return;
    this.#idle = setTimeout(() => this.#exchange.cut(), IDLE_MS);
    this.#exchange.whenDrained(() => {
      clearTimeout(this.#idle);
      this.#idle = undefined;
      this.#returnCredit();
    });
  }
}

/** Answers that have no body whatever their headers say. @source RFC 9110, 6.4.1 */
const bodyless = (method: string, status: number): boolean => method === "HEAD" || status === 204 || status === 304;
