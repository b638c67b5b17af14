import { FLAG_END, FrameDecoder, type Frame } from "@zygo/contracts/frames";
import { nextTick } from "./intrinsics.ts";

/** Where encoded frames go: a socket in an instance, memory in the warm-up. */
export interface Wire {
  /** Takes the buffers as they are, in order; `bytes` is their sum. */
  write(buffers: Buffer[], bytes: number): void;
  /** As `write`, and returns only when the peer can read them or `limitMs` has passed. */
  writeNow(buffers: Buffer[], bytes: number, limitMs: number): void;
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
  readonly #decoder: FrameDecoder;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #scheduled = false;

  constructor(wire: Wire, onFrame: (frame: Frame) => void) {
    this.#wire = wire;
    this.#decoder = new FrameDecoder(onFrame);
  }

  /** @throws FrameError when the worker broke the protocol. */
  receive = (bytes: Buffer): void => {
    this.#decoder.push(bytes);
  };

  send(frame: Buffer): void {
    this.#queue[this.#queue.length] = frame;
    this.#queuedBytes += frame.length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    nextTick(this.#flush);
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
    this.#flush();
    return this.#wire.drained();
  }

  readonly #flush = (): void => {
    const { buffers, bytes } = this.#take();
    if (bytes > 0) this.#wire.write(buffers, bytes);
  };

  #take(): { buffers: Buffer[]; bytes: number } {
    const taken = { buffers: this.#queue, bytes: this.#queuedBytes };
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#scheduled = false;
    return taken;
  }
}
