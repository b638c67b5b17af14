import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Socket } from "node:net";
import * as frames from "@zygo/contracts/frames";
import { Answer } from "./answer.ts";
import { nodeBinary } from "./build.ts";

const { FrameType, FLAG_END } = frames;

export interface Ask {
  method?: string;
  path?: string;
  headers?: frames.HeaderList;
  body?: string | Uint8Array;
  /** More of the body follows, by `sendBody`. */
  open?: boolean;
  deadlineMs?: number;
  deliver?: frames.RequestHead["deliver"];
}

/** The worker's side of a real instance: a child process with the shipped runtime, on one end of a socket pair. */
export class Instance {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly outside = new Answer();
  readonly #channel: Socket;
  readonly #answers = new Map<number, Answer>();
  readonly #decoder = new frames.FrameDecoder((frame) => this.#receive(frame));
  #loaded: ((payload: frames.LoadedPayload) => void) | undefined;
  #greeted: (() => void) | undefined;
  #last = 0;
  /** Return credit for body bytes as they come. */
  credit = true;
  stderr: string[] = [];
  /** Told of each frame as it comes; its payload is a view. */
  onFrame: (frame: frames.Frame) => void = () => {};

  /** `warm`: with the warm-up, as in a zygote's child; it takes 300 ms. */
  constructor(runtime: string, bundle: string, warm = false) {
    this.child = spawn(nodeBinary(runtime), ["--single-threaded", bundle, ...(warm ? ["warm"] : [])], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      env: {},
    });
    this.#channel = this.child.stdio[3] as Socket;
    this.#channel.on("data", (bytes: Buffer) => this.#decoder.push(bytes));
    this.#channel.on("error", () => {});
    createInterface({ input: this.child.stderr! }).on("line", (line) => this.stderr.push(line));
    this.exited = new Promise((resolve) => this.child.once("close", (code, signal) => resolve({ code, signal })));
    void this.exited.then(() => this.#answers.forEach((answer) => Object.assign(answer, { gone: true }).changed()));
  }

  greeted(): Promise<void> {
    return new Promise((resolve) => (this.#greeted = resolve));
  }

  load(file: string, given: Partial<frames.LoadPayload> = {}): Promise<frames.LoadedPayload> {
    const format = file.endsWith(".mjs") ? "esm" : "cjs";
    const identity = { function: "test", version: "sha256:abc", memoryBytes: 128 << 20, hostname: "test" };
    this.#write(frames.encodeJson(FrameType.load, 0, { ...identity, file, format, env: {}, hasSourceMap: false, ...given }));
    return new Promise((resolve) => (this.#loaded = resolve));
  }

  /** Sends a request; the answer fills as frames arrive. */
  send(ask: Ask = {}): Answer & { stream: number } {
    const stream = ++this.#last;
    const answer = Object.assign(new Answer(), { stream });
    this.#answers.set(stream, answer);
    const { method = "GET", path = "/", headers = [], body = "", open = false, deadlineMs = Date.now() + 30_000, deliver } = ask;
    const head = {
      requestId: `req_${stream}`,
      method,
      url: `http://test.example${path}`,
      headers,
      deadlineMs,
      attempt: 1,
      trigger: "http",
      ...(deliver === undefined ? {} : { deliver }),
    };
    this.#write(frames.encodeHead(FrameType.request, stream, head, Buffer.from(body as string), open ? 0 : FLAG_END));
    return answer;
  }

  /** Sends a request and waits until it is done. */
  ask(ask: Ask = {}): Promise<Answer> {
    return this.send(ask).until((answer) => answer.done !== undefined);
  }

  sendBody(stream: number, body: Uint8Array, end: boolean): void {
    this.#write(frames.encodeFrame(FrameType.body, stream, end ? FLAG_END : 0, body));
  }

  giveCredit(stream: number, bytes: number): void {
    this.#write(frames.encodeWindow(stream, bytes));
  }

  cancel(stream: number): void {
    this.#write(frames.encodeFrame(FrameType.cancel, stream, 0));
  }

  sendRaw(bytes: Buffer): void {
    this.#write(bytes);
  }

  pauseReading(): void {
    this.#channel.pause();
  }

  resumeReading(): void {
    this.#channel.resume();
  }

  /** Closes the worker's end alone. */
  hangUp(): void {
    this.#channel.destroy();
  }

  /** Ends the process the way a worker does, and waits for that. */
  async close(): Promise<void> {
    this.#channel.destroy();
    this.child.kill("SIGKILL");
    await this.exited;
  }

  #write(bytes: Buffer): void {
    this.#channel.write(bytes);
  }

  #receive(frame: frames.Frame): void {
    this.onFrame(frame);
    if (frame.type === FrameType.hello) return this.#greeted?.();
    if (frame.type === FrameType.loaded) return this.#loaded?.(frames.decodeJson(frame.payload) as frames.LoadedPayload);
    const answer = frame.stream === 0 ? this.outside : this.#answers.get(frame.stream);
    if (answer === undefined) throw new Error(`frame ${frame.type} of unknown stream ${frame.stream}`);
    this.#record(answer, frame);
    answer.changed();
  }

  #record(answer: Answer, { type, flags, stream, payload }: frames.Frame): void {
    if (type === FrameType.log) answer.logs.push(frames.decodeJson(payload) as frames.LogPayload);
    if (type === FrameType.done) answer.done = frames.decodeJson(payload) as frames.DonePayload;
    if (type === FrameType.failure) answer.failure = frames.decodeJson(payload) as frames.FailurePayload;
    if (type !== FrameType.response && type !== FrameType.body) return;
    const { head, body } = type === FrameType.response ? frames.decodeHead(payload) : { head: undefined, body: payload };
    if (head !== undefined) answer.head = head as frames.ResponseHead;
    if ((flags & FLAG_END) !== 0) answer.ended = true;
    answer.frames++;
    answer.bodyBytes += body.length;
    if (answer.bodyBytes <= 1 << 20) answer.chunks.push(Buffer.from(body));
    if (this.credit && body.length > 0) this.giveCredit(stream, body.length);
  }
}
