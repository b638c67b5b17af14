import { FrameError, WINDOW_BYTES } from "@zygo/contracts/frames";
import { NativeReadableStream } from "./intrinsics.ts";

/** Credit goes back in portions of this at least. A sender stops at WINDOW_BYTES outstanding, far above it. */
const CREDIT_PORTION_BYTES = 32 * 1024;

type Controller = ReadableByteStreamController;

/**
 * A request body that arrives as frames. It holds at most WINDOW_BYTES: credit is returned as the function reads, so a function that
 * does not read stops its caller. A body that the function cancelled is credited and dropped.
 */
export class IncomingBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #sendCredit: (bytes: number) => void;
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  #uncreditedBytes = 0;
  #ended = false;
  #dropped = false;
  #controller: Controller | undefined;
  #wake: (() => void) | undefined;

  constructor(sendCredit: (bytes: number) => void) {
    this.#sendCredit = sendCredit;
    const pull = (controller: Controller): Promise<void> | void => this.#pull(controller);
    const start = (controller: Controller): void => void (this.#controller = controller);
    const cancel = (): void => this.#drop();
    this.stream = new NativeReadableStream({ type: "bytes", start, pull, cancel }, { highWaterMark: 0 });
  }

  /** Copies the bytes. @throws FrameError when they overrun the window. */
  receive(bytes: Uint8Array, end: boolean): void {
    if (end) this.#ended = true;
    if (bytes.byteLength > 0 && this.#dropped) this.#credit(bytes.byteLength);
    else if (bytes.byteLength > 0) this.#hold(bytes);
    if (this.#wake !== undefined) this.#deliver();
  }

  /** Ends the stream with an error: the caller left. */
  fail(reason: unknown): void {
    if (this.#dropped) return;
    this.#drop();
    try {
      this.#controller?.error(reason);
    } catch {
      // Closed already: the function has the whole body.
    }
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.byteLength;
    if (this.#heldBytes + this.#uncreditedBytes > WINDOW_BYTES) throw new FrameError("request body overruns its window");
    // A byte stream detaches the buffer of what it is given, and this one holds other frames as well.
    this.#chunks[this.#chunks.length] = new Uint8Array(bytes);
  }

  #pull(controller: Controller): Promise<void> | void {
    this.#controller = controller;
    if (this.#chunks.length > 0 || this.#ended) return this.#deliver();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #deliver(): void {
    const wake = this.#wake;
    const chunk = this.#chunks.shift();
    if (chunk === undefined && !this.#ended) return;
    this.#wake = undefined;
    if (chunk !== undefined) {
      // Read before `enqueue`, which detaches the chunk.
      const bytes = chunk.byteLength;
      this.#heldBytes -= bytes;
      this.#controller!.enqueue(chunk);
      this.#credit(bytes);
    }
    if (this.#ended && this.#chunks.length === 0) this.#close();
    wake?.();
  }

  #close(): void {
    this.#controller!.close();
    this.#controller!.byobRequest?.respond(0);
  }

  #credit(bytes: number): void {
    this.#uncreditedBytes += bytes;
    if (this.#ended || this.#uncreditedBytes < CREDIT_PORTION_BYTES) return;
    this.#sendCredit(this.#uncreditedBytes);
    this.#uncreditedBytes = 0;
  }

  #drop(): void {
    this.#dropped = true;
    this.#chunks = [];
    const held = this.#heldBytes;
    this.#heldBytes = 0;
    this.#wake?.();
    this.#wake = undefined;
    if (held > 0) this.#credit(held);
  }
}
