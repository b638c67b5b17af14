import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Wire } from "./channel.ts";
import { clockMs } from "./intrinsics.ts";

const READ_BUFFER_BYTES = 64 * 1024;
/** Up to here a copy costs less than a vector of buffers. */
const JOIN_BYTES = 16 * 1024;
const RETRY_MS = 1;

const { concat, allocUnsafeSlow } = Buffer;
const { Int32Array: NativeInt32Array, SharedArrayBuffer: NativeSharedArrayBuffer } = globalThis;
const wait = Atomics.wait;

export interface SocketEvents {
  /** The bytes are overwritten after it returns. */
  onBytes(bytes: Buffer): void;
  /** The worker's end is closed, or broken. May come twice. */
  onEnd(): void;
}

/**
 * A stream socket by its descriptor. Node tries `write(2)` before it queues, so nearly always what is written is with the kernel when
 * `write` returns. `fs.writeSync` would do the same for less, but it takes a polluted `Object.prototype.error` for a failed write.
 */
export class SocketWire implements Wire {
  readonly #onEnd: () => void;
  readonly #onread: { buffer: Buffer; callback: (bytes: number, buffer: Buffer) => boolean };
  #fd = -1;
  #socket!: Socket;

  /** Made in the zygote, without a socket. */
  constructor(events: SocketEvents) {
    this.#onEnd = () => events.onEnd();
    const callback = (bytes: number, buffer: Buffer): boolean => {
      events.onBytes(buffer.subarray(0, bytes));
      return true;
    };
    this.#onread = { buffer: allocUnsafeSlow(READ_BUFFER_BYTES), callback };
  }

  /** Before anything is written, and again after `detach`. `fd`: a connected stream socket, its owner from now on. */
  attach(fd: number): void {
    this.#fd = fd;
    this.#socket = new Socket({ fd, readable: true, writable: true, onread: this.#onread });
    this.#socket.on("end", this.#onEnd).on("close", this.#onEnd).on("error", this.#onEnd);
  }

  /** Closes the socket; `onEnd` follows. */
  close(): void {
    this.#socket.destroy();
  }

  /** Closes the socket without `onEnd`; resolves when the event loop holds nothing of it. */
  detach(): Promise<void> {
    const socket = this.#socket.removeAllListeners("end").removeAllListeners("close");
    return new Promise((resolve) => socket.once("close", () => resolve()).destroy());
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  write(buffers: Uint8Array[], bytes: number): Promise<void> | undefined {
    if (buffers.length === 1) this.#socket.write(buffers[0]!);
    else if (bytes <= JOIN_BYTES) this.#socket.write(concat(buffers, bytes));
    else this.#writeEach(buffers);
    return this.#socket.writableLength === 0 ? undefined : this.drained();
  }

  writeNow(buffers: Uint8Array[], bytes: number, limitMs: number): void {
    // What the stream holds cannot be hurried, and nothing may overtake it.
    if (this.#socket.writableLength > 0) return;
    const until = clockMs() + limitMs;
    let rest: Uint8Array = concat(buffers, bytes);
    for (;;) {
      rest = rest.subarray(this.#tryWrite(rest));
      if (rest.byteLength === 0 || clockMs() > until) return;
      wait(new NativeInt32Array(new NativeSharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }

  drained(): Promise<void> {
    if (this.#socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write("", () => resolve()));
  }

  #writeEach(buffers: Uint8Array[]): void {
    this.#socket.cork();
    for (let i = 0; i < buffers.length; i++) this.#socket.write(buffers[i]!);
    this.#socket.uncork();
  }

  /** @returns how many bytes the kernel took; all, when there is no one left to write to. */
  #tryWrite(bytes: Uint8Array): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : bytes.byteLength;
    }
  }
}
