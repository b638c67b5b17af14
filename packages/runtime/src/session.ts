import { decodeHead, decodeJson, encodeText, FLAG_END, FrameError, FrameType } from "@zygo/contracts/frames";
import type { Frame, LoadPayload, RequestHead } from "@zygo/contracts/frames";
import { Channel, type Wire } from "./channel.ts";
import { contextLog } from "./context.ts";
import { currentInvocation } from "./current-invocation.ts";
import { describeError } from "./describe-error.ts";
import { Invocation, type Surroundings } from "./invocation.ts";
import { loadVersion, runAfterFork } from "./load-version.ts";
import { LogSink } from "./log-sink.ts";
import type { Program } from "./program.ts";

/** The life of an instance as its channel sees it: hello, load, then any number of invocations at once. */
export class Session {
  readonly channel: Channel;
  readonly sink: LogSink;
  readonly #around: Surroundings;
  readonly #invocations = new Map<number, Invocation>();
  #program: Program | undefined;
  #onFreeze: (() => void) | undefined;
  /** Makes V8 aware of the memory limit. */
  watchMemory: (limitBytes: number) => void = () => undefined;

  constructor(wire: Wire) {
    this.channel = new Channel(wire, (frame) => this.#receive(frame));
    this.sink = new LogSink(this.channel);
    this.#around = { channel: this.channel, sink: this.sink, log: contextLog(this.sink) };
  }

  greet(): void {
    this.channel.send(encodeText(FrameType.hello, 0, "{}"));
  }

  /** See `Instance`. */
  onFreeze(listener: () => void): void {
    this.#onFreeze = listener;
  }

  get busy(): boolean {
    return this.#invocations.size > 0;
  }

  /** In a clone of a loaded process: hello, or, where `afterFork` failed, what a failed load says. Never rejects. */
  async resume(): Promise<void> {
    const { afterFork } = this.#program!;
    if (afterFork === undefined) return this.greet();
    const refusal = await runAfterFork(afterFork);
    this.sink.flushSources();
    if (refusal === undefined) this.greet();
    else this.channel.send(encodeText(FrameType.loaded, 0, refusal));
  }

  /** From now on requests run this. */
  use(program: Program): void {
    this.#program = program;
  }

  /**
   * An error that no handler awaits. It fails the invocation whose code it came from; when that is not known, all that are running.
   * @returns false when none was running: then it is in the log alone.
   */
  failUnawaited(code: string, thrown: unknown): boolean {
    const origin = currentInvocation();
    const known = origin !== undefined && origin.logStream !== 0;
    const failed = known ? [origin] : [...this.#invocations.values()];
    for (const invocation of failed) invocation.fail(code, thrown);
    if (failed.length > 0) return true;
    const { error, detail } = describeError(thrown, code);
    this.sink.write("error", error.stack ?? detail);
    return false;
  }

  #receive({ type, flags, stream, payload }: Frame): void {
    switch (type) {
      case FrameType.request:
        return this.#begin(stream, payload, (flags & FLAG_END) !== 0);
      case FrameType.body:
        return this.#invocations.get(stream)?.receiveBody(payload, flags);
      case FrameType.window:
        return this.#invocations.get(stream)?.addCredit(payload.readUInt32LE(0));
      case FrameType.cancel:
        return this.#invocations.get(stream)?.cancel();
      case FrameType.load:
        return void this.#load(decodeJson(payload) as LoadPayload);
      case FrameType.freeze:
        if (this.#onFreeze === undefined || this.#program === undefined) throw new FrameError("nothing to freeze");
        return this.#onFreeze();
      default:
        throw new FrameError(`unexpected frame type ${type}`);
    }
  }

  #begin(stream: number, payload: Buffer, complete: boolean): void {
    if (this.#program === undefined) throw new FrameError("request before load");
    const { head, body } = decodeHead(payload);
    const invocation = new Invocation(stream, this.#around, this.#forget);
    this.#invocations.set(stream, invocation);
    this.sink.renew();
    invocation.start(this.#program, head as RequestHead, body, complete);
  }

  readonly #forget = (stream: number): void => {
    this.#invocations.delete(stream);
  };

  async #load(load: LoadPayload): Promise<void> {
    this.watchMemory(load.memoryBytes);
    const { program, loaded } = await loadVersion(load);
    this.#program = program;
    this.sink.flushSources();
    this.channel.send(encodeText(FrameType.loaded, 0, loaded));
  }
}
