import { BODY_CHUNK_BYTES, encodeFrame, encodeHeadText, encodePrefix, FLAG_END, FrameType, WINDOW_BYTES } from "@zygo/contracts/frames";
import type { Channel } from "./channel.ts";
import { nextTick } from "./intrinsics.ts";

/** From here on a system call more is cheaper than a copy, above all in memory. */
const NO_COPY_BYTES = 16 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * One answer on its way out: the head, then body bytes as far as the worker's credit goes. The head waits for the first body bytes
 * until the turn is over, and END rides on the last frame when that is still here, so that an answer which is complete at once is
 * one frame.
 */
export class OutgoingBody {
  readonly #channel: Channel;
  readonly #stream: number;
  #head: string | undefined;
  #last: Buffer | undefined;
  #credit = WINDOW_BYTES;
  #wake: (() => void) | undefined;
  /** The socket still holds bytes that are not ours. */
  #blocked: Promise<void> | undefined;
  #cut = false;

  /** `head` is the JSON text of a ResponseHead. */
  constructor(channel: Channel, stream: number, head: string) {
    this.#channel = channel;
    this.#stream = stream;
    this.#head = head;
  }

  /** No more goes out: the caller left, or the invocation failed. */
  cut(): void {
    this.#cut = true;
    this.#wakeUp();
  }

  get isCut(): boolean {
    return this.#cut;
  }

  addCredit(bytes: number): void {
    this.#credit += bytes;
    this.#wakeUp();
  }

  /** The whole answer is its head. */
  sendEmpty(): void {
    void this.#send(NOTHING, FLAG_END);
  }

  /** The head leaves at the end of this turn, with or without body bytes. */
  sendHeadSoon(): void {
    nextTick(() => {
      if (this.#head !== undefined && !this.#cut) void this.#send(NOTHING, 0);
    });
  }

  /** @returns undefined when the bytes are sent and the caller's again, else a promise that resolves when they are. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const sent = this.#writeSome(bytes, 0);
    return sent < bytes.byteLength || this.#blocked !== undefined ? this.#writeRest(bytes, sent) : undefined;
  }

  end(): void {
    if (this.#cut) return;
    if (this.#head !== undefined) return this.sendEmpty();
    if (!this.#channel.endWith(this.#last)) this.#channel.send(encodeFrame(FrameType.body, this.#stream, FLAG_END));
  }

  #writeSome(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.byteLength && this.#credit > 0 && this.#blocked === undefined && !this.#cut) {
      const size = Math.min(bytes.byteLength - at, this.#credit, BODY_CHUNK_BYTES);
      this.#credit -= size;
      this.#blocked = this.#send(size === bytes.byteLength ? bytes : bytes.subarray(at, at + size), 0);
      at += size;
    }
    return this.#cut ? bytes.byteLength : at;
  }

  async #writeRest(bytes: Uint8Array, from: number): Promise<void> {
    for (let at = from; ; at = this.#writeSome(bytes, at)) {
      await this.#blocked;
      this.#blocked = undefined;
      if (at >= bytes.byteLength) return;
      if (this.#credit === 0 && !this.#cut) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #send(bytes: Uint8Array, flags: number): Promise<void> | undefined {
    const head = this.#head;
    this.#head = undefined;
    if (bytes.byteLength >= NO_COPY_BYTES) {
      const type = head === undefined ? FrameType.body : FrameType.response;
      this.#last = undefined;
      return this.#channel.sendNow(encodePrefix(type, this.#stream, bytes.byteLength, head), bytes);
    }
    this.#last =
      head === undefined
        ? encodeFrame(FrameType.body, this.#stream, flags, bytes)
        : encodeHeadText(FrameType.response, this.#stream, head, bytes, flags);
    this.#channel.send(this.#last);
    return undefined;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
