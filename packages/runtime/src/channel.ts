import { FLAG_END, type Frame } from "@zygo/contracts/frames";
import { FrameReader } from "./frame-reader.ts";
import { nextTick } from "./intrinsics.ts";

/** Where encoded frames go: a socket in an instance, memory in the warm-up. */
export interface Wire {
  /**
   * Takes the buffers in order; `bytes` is their sum. @returns undefined when their memory is the caller's again, else a promise that
   * resolves when it is.
   */
  write(buffers: Uint8Array[], bytes: number): Promise<void> | undefined;
  /** As `write`, and returns only when the peer can read them or `limitMs` has passed. */
  writeNow(buffers: Uint8Array[], bytes: number, limitMs: number): void;
  /** Bytes that `write` took and the peer's side has not. */
  readonly backlogBytes: number;
  /** Resolves when the backlog is empty. */
  drained(): Promise<void>;
}

/** Offsets in a frame; see the header in `@zygo/contracts/frames`. */
const FLAGS_AT = 5;

/**
 * Frames to and from the worker. What is sent in one turn leaves in one write, after the turn's microtasks: so a head, its body and
 * the end of an invocation that are ready together cost one system call.
 */
export class Channel {
  readonly #wire: Wire;
  readonly #reader: FrameReader;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #scheduled = false;

  constructor(wire: Wire, onFrame: (frame: Frame) => void) {
    this.#wire = wire;
    this.#reader = new FrameReader(onFrame);
  }

  /** `bytes` may be overwritten when this returns. @throws FrameError when the worker broke the protocol. */
  readonly receive = (bytes: Buffer): void => this.#reader.push(bytes);

  /** The frame belongs to the channel from now on. */
  send(frame: Buffer): void {
    this.#add(frame);
    if (this.#scheduled) return;
    this.#scheduled = true;
    nextTick(() => void this.#flush());
  }

  /** A frame in two parts, written at once. `body` is not copied: it is the caller's again as with `Wire.write`. */
  sendNow(prefix: Buffer, body: Uint8Array): Promise<void> | undefined {
    this.#add(prefix);
    this.#add(body);
    return this.#flush();
  }

  /** Sets END on the frame when it has not left yet. @returns false when it has: the end then needs a frame of its own. */
  endWith(frame: Buffer | undefined): boolean {
    if (frame === undefined) return false;
    for (let i = this.#queue.length - 1; i >= 0; i--) {
      if (this.#queue[i] !== frame) continue;
      frame[FLAGS_AT] = frame[FLAGS_AT]! | FLAG_END;
      return true;
    }
    return false;
  }

  /** Bytes that were sent and that the worker has not taken. */
  get backlogBytes(): number {
    return this.#queuedBytes + this.#wire.backlogBytes;
  }

  /** Writes everything out before it returns, as far as that is possible: the process is about to end. */
  flushNow(limitMs: number): void {
    const { buffers, bytes } = this.#take();
    if (bytes > 0) this.#wire.writeNow(buffers, bytes, limitMs);
  }

  drained(): Promise<void> {
    void this.#flush();
    return this.#wire.drained();
  }

  readonly #flush = (): Promise<void> | undefined => {
    const { buffers, bytes } = this.#take();
    return bytes > 0 ? this.#wire.write(buffers, bytes) : undefined;
  };

  #add(bytes: Uint8Array): void {
    this.#queue[this.#queue.length] = bytes;
    this.#queuedBytes += bytes.byteLength;
  }

  #take(): { buffers: Uint8Array[]; bytes: number } {
    const taken = { buffers: this.#queue, bytes: this.#queuedBytes };
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#scheduled = false;
    return taken;
  }
}
