import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { decodeJson, encodeFrame, FLAG_END, FrameDecoder, FrameError, FrameType, type Frame } from "@zygo/contracts/frames";
import type { Claimer, Invocation } from "./invocation.ts";
import type { Log } from "@zygo/service";
import type { Streams } from "./streams.ts";
import type { AwaitedReceipts } from "./jobs/awaited-receipts.ts";
import { Hello, Receipt } from "./wire.ts";

/** A connection that has not said a valid hello by then is closed, milliseconds. */
const HELLO_MS = 5000;

export interface WorkerLinkOptions {
  streams: Streams<Invocation>;
  linkSecret: string;
  /** Told of what is settled. */
  receipts: AwaitedReceipts;
  /** This process's own address, nonce included. */
  address: string;
  log: Log;
  onReady: (link: WorkerLink) => void;
  onEnd: (link: WorkerLink) => void;
}

/**
 * One worker's connection. Everything before a valid hello ends it, and so does every violation of the frame protocol; its end, by
 * whatever cause, is WORKER_LOST for the invocations that it has claimed.
 */
export class WorkerLink implements Claimer {
  readonly claimed = new Set<Invocation>();
  readonly #socket: Socket;
  readonly #given: WorkerLinkOptions;
  readonly #decoder = new FrameDecoder((frame) => this.#receive(frame));
  readonly #hello: NodeJS.Timeout;
  #worker = "";
  #corked = false;
  #ended = false;

  constructor(socket: Socket, given: WorkerLinkOptions) {
    this.#socket = socket;
    this.#given = given;
    this.#hello = setTimeout(() => this.#violated(new FrameError("no hello")), HELLO_MS);
    socket.on("data", (chunk) => this.#read(chunk));
    // The cause of an error is the close that follows it.
    socket.on("error", () => {});
    socket.on("end", () => this.end());
    socket.on("close", () => this.end());
  }

  /** Empty until the hello. */
  get worker(): string {
    return this.#worker;
  }

  /** What is sent within one turn of the event loop goes out in one write. Dropped after the end. */
  send(frame: Buffer): void {
    if (this.#ended) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(frame);
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#hello);
    this.#socket.destroy();
    this.#given.onEnd(this);
    for (const invocation of [...this.claimed]) invocation.onLinkLost();
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#violated(error);
    }
  }

  #violated(error: unknown): void {
    this.#given.log.warn("worker link broke the protocol", { worker: this.#worker, error });
    this.end();
  }

  /** @throws FrameError on anything that a worker may not send */
  #receive({ type, flags, stream, payload }: Frame): void {
    if (this.#ended) return;
    if (this.#worker === "") return this.#greet(type, payload);
    if (type === FrameType.claim) return this.#claim(stream);
    if (type === FrameType.receipt && stream === 0) return this.#given.receipts.tell(receiptIn(payload));
    const invocation = this.#given.streams.get(stream);
    // Frames cross: one that has just ended here may get its last ones. One that another link claimed is none of this one's business.
    const known = invocation?.claimer === this ? invocation : undefined;
    const end = (flags & FLAG_END) !== 0;
    if (type === FrameType.response) known?.onResponse(payload, end);
    else if (type === FrameType.body) known?.onBody(payload, end);
    else if (type === FrameType.window) known?.onWindow(creditOf(payload));
    else if (type === FrameType.receipt) known?.onReceipt(receiptIn(payload));
    else if (type === FrameType.failure) known?.onFailure(payload);
    else throw new FrameError(`worker sent a frame of type ${type}`);
  }

  /** An invocation whose caller left before the claim came is cancelled by the answer to it. */
  #claim(stream: number): void {
    const claimed = this.#given.streams.get(stream)?.claim(this) ?? false;
    if (!claimed) this.send(encodeFrame(FrameType.cancel, stream, 0));
  }

  #greet(type: number, payload: Buffer): void {
    if (type !== FrameType.hello) throw new FrameError("frame before hello");
    const hello = Hello.safeParse(decodeJson(payload));
    if (!hello.success) throw new FrameError("malformed hello");
    if (!equal(hello.data.secret, this.#given.linkSecret)) throw new FrameError("hello with a wrong secret");
    if (hello.data.gateway !== undefined && hello.data.gateway !== this.#given.address)
      throw new FrameError("hello for another gateway process");
    clearTimeout(this.#hello);
    this.#worker = hello.data.worker;
    this.#given.onReady(this);
  }
}

function receiptIn(payload: Buffer): Receipt {
  const parsed = Receipt.safeParse(decodeJson(payload));
  if (!parsed.success) throw new FrameError("receipt of another shape", { cause: parsed.error });
  return parsed.data;
}

function creditOf(payload: Buffer): number {
  if (payload.length !== 4) throw new FrameError("window frame without its number");
  return payload.readUInt32LE(0);
}

/** Constant-time, whatever the lengths. */
const equal = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));
const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
