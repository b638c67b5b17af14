import type { Socket } from "node:net";
import { FrameDecoder, FrameError, WINDOW_BYTES, type Frame } from "@zygo/contracts/frames";
import type { Pace } from "./pace.ts";

export interface FrameHandler {
  /**
   * May throw FrameError: the peer broke the protocol. Whatever else it throws is a fault of ours, which ends this link and no other.
   * The payload is valid until it returns.
   */
  onFrame(frame: Frame): void;
  /** Once. `cause`: a FrameError when the peer broke the protocol, else what `onFrame` threw; the socket is destroyed then. */
  onEnd(cause: Error | undefined): void;
}

/**
 * What a sandbox may leave unread, bytes: only a hostile one gets there. Bodies are bounded by credit, a window for each of its
 * `concurrency` invocations, and as much again, since a write that has gone out in part counts whole until it is all out.
 */
export const sandboxBacklogBytes = (concurrency: number): number => 4 * 1024 * 1024 + 2 * concurrency * WINDOW_BYTES;

/** Longest that a frame waits for company, milliseconds. */
const SOON_MS = 1;

/** Frames over a socket, in both directions. What is sent within one turn of the event loop goes out in one write. */
export class FrameLink {
  /** A peer that leaves more unread gets nothing more: the link ends. Unbounded for a peer of ours, whose streams' credit bounds it. */
  maxBacklogBytes = Number.POSITIVE_INFINITY;
  readonly #socket: Socket;
  #handler: FrameHandler;
  readonly #decoder: FrameDecoder;
  readonly #pace: Pace | undefined;
  /** Frames of the chunk at hand. */
  #handled = 0;
  #ended = false;
  #corked = false;
  #soon: Buffer[] = [];
  #soonArmed = false;

  /** With a pace, a peer that sends more frames than that is read less often. */
  constructor(socket: Socket, handler: FrameHandler, pace?: Pace) {
    this.#socket = socket;
    this.#handler = handler;
    this.#pace = pace;
    this.#decoder = new FrameDecoder((frame) => {
      this.#handled++;
      if (!this.#ended) this.#handler.onFrame(frame);
    });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // The cause of an error is the close that follows it.
    socket.on("error", () => undefined);
    socket.on("end", () => this.#end(undefined));
    socket.on("close", () => this.#end(undefined));
  }

  /** Frames from now on go to another handler: the link passes from the pool to the load, from the load to the instance. */
  handOver(handler: FrameHandler): void {
    this.#handler = handler;
    if (this.#ended) handler.onEnd(undefined);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** After the end of the link: dropped. */
  send(frame: Buffer): void {
    if (this.#ended) return;
    if (this.#socket.writableLength > this.maxBacklogBytes) return this.#end(new FrameError("peer does not read"));
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    if (this.#soon.length > 0) this.#writeSoon();
    this.#socket.write(frame);
  }

  /** Sends with the next frame, in order, or by itself within a millisecond: for what nobody waits for, to spare a write. */
  sendSoon(frame: Buffer): void {
    this.#soon.push(frame);
    if (this.#soonArmed) return;
    this.#soonArmed = true;
    setTimeout(this.#sendSoon, SOON_MS);
  }

  /** Idempotent. The handler is not told. */
  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  readonly #sendSoon = (): void => {
    this.#soonArmed = false;
    const last = this.#soon.pop();
    if (last !== undefined) this.send(last);
  };

  #writeSoon(): void {
    for (const frame of this.#soon) this.#socket.write(frame);
    this.#soon = [];
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.#socket.uncork();
  };

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    this.#handled = 0;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      return this.#end(error instanceof Error ? error : new Error("a frame's handler threw", { cause: error }));
    }
    const pauseMs = this.#pace?.note(this.#handled, Date.now()) ?? 0;
    if (pauseMs > 0) this.#rest(pauseMs);
  }

  #rest(ms: number): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), ms);
  }

  #end(cause: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (cause !== undefined) this.#socket.destroy();
    this.#handler.onEnd(cause);
  }
}
