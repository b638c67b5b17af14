import { connect, type Socket } from "node:net";
import { decodeEnvelope, type Envelope } from "@zygo/contracts";
import {
  encodeFrame,
  encodeHead,
  encodeJson,
  encodeWindow,
  FLAG_END,
  FrameDecoder,
  FrameType,
  type FailurePayload,
  type HeaderList,
  type HelloPayload,
} from "@zygo/contracts/frames";
import { SyncLane } from "@zygo/queue";

const NOTHING = Buffer.alloc(0);
const TIMING = { start: "hot", version: "0123456789ab", handlerMs: 0.25, timing: { queue: 0.5, start: 0.125, init: 0 } };

/** What happened to a claimed invocation, as the worker saw it. */
export class Served {
  readonly envelope: Envelope;
  readonly body: Buffer[] = [];
  /** Credit that the gateway returned for the answer. */
  credit = 0;
  cancelled = false;
  ended: boolean;
  /** Called on each frame for this stream. */
  onFrame: (type: number) => void = () => {};
  readonly #send: (frame: Buffer) => void;

  constructor(envelope: Envelope, send: (frame: Buffer) => void) {
    this.envelope = envelope;
    this.#send = send;
    this.ended = envelope.head.complete;
    if (envelope.body.length > 0) this.body.push(envelope.body);
  }

  get stream(): number {
    return this.envelope.head.stream;
  }

  header(name: string): string[] {
    return this.envelope.head.headers.filter(([key]) => key === name).map(([, value]) => value);
  }

  claim(): void {
    this.#send(encodeFrame(FrameType.claim, this.stream, 0));
  }

  respond(status: number, headers: HeaderList, body: Uint8Array | string = NOTHING, end = true): void {
    this.#send(
      encodeHead(FrameType.response, this.stream, { status, headers, ...TIMING }, Buffer.from(body as string), end ? FLAG_END : 0),
    );
  }

  write(body: Uint8Array | string, end = false): void {
    this.#send(encodeFrame(FrameType.body, this.stream, end ? FLAG_END : 0, Buffer.from(body as string)));
  }

  fail(failure: FailurePayload): void {
    this.#send(encodeJson(FrameType.failure, this.stream, failure, FLAG_END));
  }

  window(bytes: number): void {
    this.#send(encodeWindow(this.stream, bytes));
  }

  raw(frame: Buffer): void {
    this.#send(frame);
  }

  /** Until `holds` does; looked at after each frame. @throws after 5 seconds */
  until(holds: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => reject(new Error(`no ${what} in 5 s`)), 5000);
    const before = this.onFrame;
    const look = (): void => {
      if (!holds()) return;
      clearTimeout(late);
      resolve();
    };
    this.onFrame = (type) => {
      before(type);
      look();
    };
    look();
    return promise;
  }
}

/** A peer that speaks the worker's side of the protocol, on a real queue and a real socket, and does with each invocation what it is told. */
export class ScriptedWorker {
  readonly served: Served[] = [];
  readonly lane: SyncLane;
  readonly #hello: Partial<HelloPayload>;
  readonly #script: (served: Served) => void;
  /** False under load: what was served is not remembered. */
  readonly #keep: boolean;
  readonly #stop = new AbortController();
  readonly #streams = new Map<number, Served>();
  #socket: Socket | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(given: { redisUrl: string; hello: Partial<HelloPayload>; script: (served: Served) => void; keep?: boolean }) {
    this.#keep = given.keep ?? true;
    this.lane = new SyncLane({ url: given.redisUrl });
    this.#hello = given.hello;
    this.#script = given.script;
  }

  start(): this {
    this.#running = this.#loop();
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.lane.close();
    this.#socket?.destroy();
  }

  /** The connection to the gateway breaks. */
  cut(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  send(frame: Buffer): void {
    this.#socket?.write(frame);
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const bytes of await this.lane.take(64, this.#stop.signal)) this.#take(decodeEnvelope(bytes));
    }
  }

  #take(envelope: Envelope): void {
    this.#link(envelope.head.gateway);
    const served = new Served(envelope, (frame) => this.send(frame));
    if (this.#keep) this.#streams.set(served.stream, served);
    if (this.#keep) this.served.push(served);
    this.#script(served);
  }

  #link(address: string): void {
    if (this.#socket !== undefined && !this.#socket.destroyed) return;
    this.#socket = connect(address.replace(/^unix:/, "").replace(/#.*$/, ""));
    this.#socket.on("error", () => {});
    const decoder = new FrameDecoder(({ type, flags, stream, payload }) => {
      const served = this.#streams.get(stream);
      if (served === undefined) return;
      if (type === FrameType.body) served.body.push(Buffer.from(payload));
      if (type === FrameType.body && (flags & FLAG_END) !== 0) served.ended = true;
      if (type === FrameType.window) served.credit += payload.readUInt32LE(0);
      if (type === FrameType.cancel) served.cancelled = true;
      served.onFrame(type);
    });
    this.#socket.on("data", (chunk: Buffer) => decoder.push(chunk));
    this.send(encodeJson(FrameType.hello, 0, { worker: "scripted", gateway: address, ...this.#hello }));
  }
}
