import { HEADER_BYTES, readFrame, readPayloadLength, type Frame } from "@zygo/contracts/frames";

const { alloc } = Buffer;
const FIRST_CAPACITY_BYTES = 4 * 1024;

/**
 * Cuts a byte stream into frames like `FrameDecoder`, in memory that it uses again and again: an instance has little, and a body of
 * 100 MB must not pass through as garbage. So a payload is valid during the call alone.
 */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  /** Start of a frame whose end has not come. */
  #partial = alloc(FIRST_CAPACITY_BYTES);
  #held = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** `bytes` may be overwritten when this returns. @throws FrameError on a header that no peer of ours writes. */
  push(bytes: Buffer): void {
    let at = this.#held === 0 ? 0 : this.#complete(bytes);
    while (bytes.length - at >= HEADER_BYTES) {
      const length = readPayloadLength(bytes, at);
      const end = at + HEADER_BYTES + length;
      if (end > bytes.length) break;
      this.#onFrame(readFrame(bytes, at, length));
      at = end;
    }
    this.#hold(bytes, at, bytes.length);
  }

  /** Adds to the partial frame what it lacks. @returns where the next one starts. */
  #complete(bytes: Buffer): number {
    let at = 0;
    if (this.#held < HEADER_BYTES) at = this.#hold(bytes, 0, Math.min(bytes.length, HEADER_BYTES - this.#held));
    if (this.#held < HEADER_BYTES) return at;
    const length = readPayloadLength(this.#partial, 0);
    const missing = HEADER_BYTES + length - this.#held;
    at = this.#hold(bytes, at, Math.min(bytes.length, at + missing));
    if (this.#held < HEADER_BYTES + length) return at;
    this.#held = 0;
    this.#onFrame(readFrame(this.#partial, 0, length));
    return at;
  }

  #hold(bytes: Buffer, from: number, to: number): number {
    const needed = this.#held + to - from;
    if (needed > this.#partial.length) {
      const larger = alloc(Math.max(needed, 2 * this.#partial.length));
      larger.set(this.#partial.subarray(0, this.#held));
      this.#partial = larger;
    }
    this.#partial.set(bytes.subarray(from, to), this.#held);
    this.#held = needed;
    return to;
  }
}
