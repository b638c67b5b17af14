import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Wire } from "./channel.ts";
import { clockMs } from "./intrinsics.ts";

/** Up to here a copy costs less than a system call more. */
const COALESCE_BYTES = 128 * 1024;
const RETRY_MS = 1;

const concat = Buffer.concat;
const { Int32Array: NativeInt32Array, SharedArrayBuffer: NativeSharedArrayBuffer } = globalThis;
const wait = Atomics.wait;

export interface SocketEvents {
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
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on("data", (bytes: Buffer) => events.onBytes(bytes));
    this.#socket.on("end", this.#onEnd).on("close", this.#onEnd).on("error", this.#onEnd);
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  write(buffers: Buffer[], bytes: number): void {
    if (this.#socket.writableLength > 0 || bytes > COALESCE_BYTES) return this.#enqueue(buffers);
    const whole = join(buffers, bytes);
    const written = this.#tryWrite(whole, 0);
    if (written < bytes) this.#socket.write(whole.subarray(written));
  }

  writeNow(buffers: Buffer[], bytes: number, limitMs: number): void {
    // What the stream holds cannot be hurried, and nothing may overtake it.
    if (this.#socket.writableLength > 0) return;
    const whole = join(buffers, bytes);
    const until = clockMs() + limitMs;
    for (let at = this.#tryWrite(whole, 0); at < bytes && clockMs() < until; at += this.#tryWrite(whole, at)) {
      wait(new NativeInt32Array(new NativeSharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }

  drained(): Promise<void> {
    if (this.#socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write("", () => resolve()));
  }

  #enqueue(buffers: Buffer[]): void {
    this.#socket.cork();
    for (let i = 0; i < buffers.length; i++) this.#socket.write(buffers[i]!);
    this.#socket.uncork();
  }

  /** @returns how many bytes the kernel took; all, when there is no one left to write to. */
  #tryWrite(bytes: Buffer, at: number): number {
    try {
      return writeSync(this.#fd, bytes, at, bytes.length - at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      this.#onEnd();
      return bytes.length - at;
    }
  }
}

const join = (buffers: Buffer[], bytes: number): Buffer => (buffers.length === 1 ? buffers[0]! : concat(buffers, bytes));
