import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { currentInvocation } from "./current-invocation.ts";
import type { LogOwner } from "./log-budget.ts";
import type { LogLevel, LogSink } from "./log-sink.ts";

/** A line longer than this goes out in pieces. */
const MAX_LINE = 16 * 1024;

/** `process.stdout` or `process.stderr` of a function: what is written becomes lines of the sink. */
export class OutputStream extends Writable {
  readonly fd: number;
  readonly #sink: LogSink;
  readonly #level: LogLevel;
  readonly #decoder = new StringDecoder("utf8");
  /** The line that has no end yet, and whose it is: invocations that run at once do not share a line. */
  #open = "";
  #owner: LogOwner | undefined;

  constructor(sink: LogSink, level: LogLevel, fd: number) {
    super({ decodeStrings: false });
    this.#sink = sink;
    this.#level = level;
    this.fd = fd;
    sink.addSource(() => this.#flush());
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, callback: () => void): void {
    this.#take(typeof chunk === "string" ? chunk : this.#decoder.write(chunk));
    callback();
  }

  #take(text: string): void {
    const owner = currentInvocation();
    if (owner !== this.#owner) this.#flush();
    this.#owner = owner;
    const lines = (this.#open + text).split("\n");
    this.#open = lines.pop() ?? "";
    for (const line of lines) if (line !== "") this.#sink.write(this.#level, line);
    if (this.#open.length > MAX_LINE) this.#flush();
  }

  #flush(): void {
    if (this.#open !== "") this.#sink.writeFor(this.#owner, this.#level, this.#open);
    this.#open = "";
  }
}
