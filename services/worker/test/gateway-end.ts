import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { encodeEnvelope, Receipt, type EnvelopeHead } from "@zygo/contracts";
import {
  decodeHead,
  decodeJson,
  encodeFrame,
  encodeWindow,
  FLAG_END,
  FrameDecoder,
  FrameType,
  type FailurePayload,
  type Frame,
  type HelloPayload,
  type ResponseHead,
} from "@zygo/contracts/frames";

export interface Answer {
  head?: ResponseHead;
  body: string;
  failure?: FailurePayload;
  /** What came right before the end of the answer. */
  receipt?: Receipt;
  /** Milliseconds from enqueued to the end of the answer. */
  tookMs: number;
}

/** One invocation as the gateway's end of the link sees it. */
export class Call {
  readonly claimed = Promise.withResolvers<void>();
  readonly started = Promise.withResolvers<ResponseHead>();
  readonly answer = Promise.withResolvers<Answer>();
  /** Bytes of credit that came back for the request body. */
  credit = 0;
  bodyBytes = 0;
  /** Return credit for what arrives; false: the client does not read. */
  reading = true;
  readonly #chunks: Buffer[] = [];
  readonly #at = performance.now();
  readonly #stream: number;
  readonly #end: GatewayEnd;
  #head: ResponseHead | undefined;
  #receipt: Receipt | undefined;

  constructor(stream: number, end: GatewayEnd) {
    this.#stream = stream;
    this.#end = end;
    this.started.promise.catch(() => undefined);
  }

  send(body: Buffer | string, last = false): void {
    this.#end.send(encodeFrame(FrameType.body, this.#stream, last ? FLAG_END : 0, Buffer.from(body)));
  }

  cancel(): void {
    this.#end.send(encodeFrame(FrameType.cancel, this.#stream, 0));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  receive({ type, flags, payload }: Frame): void {
    if (type === FrameType.claim) this.claimed.resolve();
    else if (type === FrameType.window) this.credit += payload.readUInt32LE(0);
    else if (type === FrameType.receipt) this.#receipt = Receipt.parse(decodeJson(payload));
    else if (type === FrameType.response) {
      const { head, body } = decodeHead(payload);
      this.#head = head as ResponseHead;
      this.started.resolve(this.#head);
      this.#take(body, flags);
    } else if (type === FrameType.body) this.#take(payload, flags);
    else if (type === FrameType.failure) this.#finish({ failure: decodeJson(payload) as FailurePayload });
  }

  #take(body: Buffer, flags: number): void {
    this.bodyBytes += body.length;
    this.#chunks.push(Buffer.from(body));
    if ((flags & FLAG_END) !== 0) this.#finish({});
    else if (this.reading && body.length > 0) this.#end.send(encodeWindow(this.#stream, body.length));
  }

  #finish(with_: { failure?: FailurePayload }): void {
    this.answer.resolve({
      ...(this.#head && { head: this.#head }),
      ...(this.#receipt && { receipt: this.#receipt }),
      body: this.text,
      tookMs: performance.now() - this.#at,
      ...with_,
    });
  }
}

/** The gateway's end of the worker link, and of the sync lane: what a test invokes with. */
export class GatewayEnd {
  readonly address: string;
  readonly hello = Promise.withResolvers<HelloPayload>();
  readonly #server: Server;
  /** Receipts of invocations that are settled, as they came. */
  readonly settled: Receipt[] = [];
  readonly #calls = new Map<number, Call>();
  readonly #enqueue: (envelope: Buffer) => Promise<void>;
  #socket: Socket | undefined;
  #next = 1;

  private constructor(path: string, server: Server, enqueue: (envelope: Buffer) => Promise<void>) {
    this.address = `unix:${path}#nonce`;
    this.#server = server;
    this.#enqueue = enqueue;
  }

  static async listen(path: string, enqueue: (envelope: Buffer) => Promise<void>): Promise<GatewayEnd> {
    const server = createServer();
    const end = new GatewayEnd(path, server, enqueue);
    server.on("connection", (socket) => end.#connected(socket));
    server.listen(path);
    await once(server, "listening");
    return end;
  }

  /** Enqueues an invocation. */
  invoke(head: Partial<EnvelopeHead> & Pick<EnvelopeHead, "function" | "version">, body = ""): Call {
    const stream = this.#next++;
    const call = new Call(stream, this);
    this.#calls.set(stream, call);
    const whole: Parameters<typeof encodeEnvelope>[0] = {
      requestId: `r-${stream}`,
      gateway: this.address,
      stream,
      method: "GET",
      url: "http://test.local/",
      headers: [],
      deadlineMs: Date.now() + 10_000,
      enqueuedMs: Date.now(),
      trigger: "http",
      attempt: 1,
      complete: true,
      ...head,
    };
    void this.#enqueue(encodeEnvelope(whole, Buffer.from(body)));
    return call;
  }

  send(frame: Buffer): void {
    this.#socket?.write(frame);
  }

  /** Reads nothing more of the link, as a gateway that is busy does, until `resume`. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Cuts the link, as a gateway that dies does. */
  cut(): void {
    this.#socket?.destroy();
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #connected(socket: Socket): void {
    this.#socket = socket;
    const decoder = new FrameDecoder((frame) => {
      if (frame.type === FrameType.hello) this.hello.resolve(decodeJson(frame.payload) as HelloPayload);
      else if (frame.type === FrameType.receipt && frame.stream === 0) this.settled.push(Receipt.parse(decodeJson(frame.payload)));
      else this.#calls.get(frame.stream)?.receive(frame);
    });
    socket.on("data", (chunk) => decoder.push(chunk));
    socket.on("error", () => undefined);
  }
}
