import { writeSync, writevSync } from "node:fs";
import { Socket } from "node:net";
import type { Wire } from "./channel.ts";
import { clockMs } from "./intrinsics.ts";

const READ_BUFFER_BYTES = 64 * 1024;
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
 * A stream socket by its descriptor. An empty backlog is written past the stream, by one `write(2)`, which almost always takes it all;
 * what the kernel does not take waits in the stream for the socket to become writable.
 */
export class SocketWire implements Wire {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #onEnd: () => void;

  constructor(fd: number, events: SocketEvents) {
    this.#fd = fd;
    this.#onEnd = () => events.onEnd();
    const callback = (bytes: number, buffer: Buffer): boolean => {
      events.onBytes(buffer.subarray(0, bytes));
      return true;
    };
    const onread = { buffer: allocUnsafeSlow(READ_BUFFER_BYTES), callback };
    this.#socket = new Socket({ fd, readable: true, writable: true, onread });
    this.#socket.on("end", this.#onEnd).on("close", this.#onEnd).on("error", this.#onEnd);
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  write(buffers: Uint8Array[], bytes: number): Promise<void> | undefined {
    const written = this.#socket.writableLength === 0 ? this.#tryWrite(buffers) : 0;
    return written < bytes ? this.#enqueue(buffers, written) : undefined;
  }

  writeNow(buffers: Uint8Array[], bytes: number, limitMs: number): void {
    // What the stream holds cannot be hurried, and nothing may overtake it.
    if (this.#socket.writableLength > 0) return;
    const until = clockMs() + limitMs;
    let rest: Uint8Array = concat(buffers, bytes);
    for (;;) {
      rest = rest.subarray(this.#tryWrite([rest]));
      if (rest.byteLength === 0 || clockMs() > until) return;
      wait(new NativeInt32Array(new NativeSharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }

  drained(): Promise<void> {
    if (this.#socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write("", () => resolve()));
  }

  /** All but the first `skip` bytes wait in the stream. */
  #enqueue(buffers: Uint8Array[], skip: number): Promise<void> {
    let left = skip;
    this.#socket.cork();
    for (let i = 0; i < buffers.length; i++) {
      const buffer = buffers[i]!;
      if (left < buffer.byteLength) this.#socket.write(left === 0 ? buffer : buffer.subarray(left));
      left = Math.max(0, left - buffer.byteLength);
    }
    const taken = this.drained();
    this.#socket.uncork();
    return taken;
  }

  /** @returns how many bytes the kernel took; all, when there is no one left to write to. */
  #tryWrite(buffers: Uint8Array[]): number {
    try {
      return buffers.length === 1 ? writeSync(this.#fd, buffers[0]!) : writevSync(this.#fd, buffers);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      this.#onEnd();
      return Infinity;
    }
  }
}
