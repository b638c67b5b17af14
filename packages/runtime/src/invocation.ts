import { encodeText, encodeWindow, FLAG_END, FrameType, type RequestHead } from "@zygo/contracts/frames";
import { buildRequest, isBodiless } from "./build-request.ts";
import type { Channel } from "./channel.ts";
import { InvocationContext, type ContextSource, type contextLog } from "./context.ts";
import { runAs, type Running } from "./current-invocation.ts";
import { describeError } from "./describe-error.ts";
import { IncomingBody } from "./incoming-body.ts";
import { clockMs, NativeAbortController, NativeDOMException } from "./intrinsics.ts";
import { isInstance } from "./is-instance.ts";
import { doneText, failureText, responseText } from "./json-text.ts";
import { LogBudget } from "./log-budget.ts";
import type { LogSink } from "./log-sink.ts";
import { OutgoingBody } from "./outgoing-body.ts";
import { callHandler, type Program } from "./program.ts";
import { InvalidResponse, readResponse, type Answer } from "./read-response.ts";
import { sendBody } from "./send-answer.ts";
import { NoHandler } from "./triggers/run-event.ts";

/** What every invocation of an instance shares. */
export interface Surroundings {
  channel: Channel;
  sink: LogSink;
  log: ReturnType<typeof contextLog>;
}

/**
 * One invocation, from its request frame to its done frame. Its answer ends once: by END, by a failure, or by the caller's leaving;
 * done follows when the handler has returned and every `waitUntil` has settled.
 */
export class Invocation implements Running, ContextSource {
  readonly logBudget = new LogBudget();
  readonly #stream: number;
  readonly #around: Surroundings;
  readonly #onDone: (stream: number) => void;
  readonly #controller = new NativeAbortController();
  readonly #startedMs = clockMs();
  /** Held until done: undici lets the signal of a Request that is collected go silent. */
  #request: Request | undefined;
  #incoming: IncomingBody | undefined;
  #outgoing: OutgoingBody | undefined;
  #reader: ReadableStreamDefaultReader<unknown> | undefined;
  #answerEnded = false;
  #cancelled = false;
  #returned = false;
  #closed = false;
  #pendingWork = 0;

  constructor(stream: number, around: Surroundings, onDone: (stream: number) => void) {
    this.#stream = stream;
    this.#around = around;
    this.#onDone = onDone;
  }

  /** Log lines of a finished invocation's stray callbacks belong to none: its number may be another's by then. */
  get logStream(): number {
    return this.#closed ? 0 : this.#stream;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** `body` is the inline part of it, a view that is valid during this call. */
  start(program: Program, head: RequestHead, body: Uint8Array, complete: boolean): void {
    try {
      this.#request = buildRequest(head, this.#requestBody(head.method, body, complete), this.signal);
    } catch (thrown) {
      this.fail("INVALID_REQUEST", thrown);
      return this.#finish();
    }
    const context = new InvocationContext(head, program.identity, this, this.#around.log);
    runAs(this, () => void this.#run(program, this.#request!, context, head.deliver));
  }

  /** @throws FrameError when the body overruns its window. */
  receiveBody(bytes: Uint8Array, flags: number): void {
    this.#incoming?.receive(bytes, (flags & FLAG_END) !== 0);
  }

  addCredit(bytes: number): void {
    this.#outgoing?.addCredit(bytes);
  }

  /** The caller left: `request.signal` aborts, both bodies end, and nothing but logs and done goes out any more. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    const reason = new NativeDOMException("The caller left", "AbortError");
    runAs(this, () => {
      this.#incoming?.fail(reason);
      this.#stopAnswer(reason);
      this.#controller.abort(reason);
    });
  }

  /** Ends the answer with a failure. When it has ended already there is no one to tell but the log. */
  fail(code: string, thrown: unknown): void {
    const { error, ...failure } = describeError(thrown, code);
    if (this.#answerEnded || this.#cancelled) {
      return this.#around.sink.writeFor(this, "error", error.stack ?? failure.detail);
    }
    this.#answerEnded = true;
    this.#stopAnswer(thrown);
    const detail = codeOf(thrown) === "FUNCTION_ERROR" ? failure.detail : (thrown as Error).message;
    this.#around.channel.send(encodeText(FrameType.failure, this.#stream, failureText({ code: failure.code, detail, error })));
  }

  waitUntil(work: unknown): void {
    this.#pendingWork++;
    void this.#settleWork(work);
  }

  #requestBody(method: string, inline: Uint8Array, complete: boolean): Uint8Array | ReadableStream<Uint8Array> | null {
    if (complete) return inline.byteLength === 0 || isBodiless(method) ? null : inline;
    const incoming = new IncomingBody((bytes) => this.#around.channel.send(encodeWindow(this.#stream, bytes)));
    this.#incoming = incoming;
    if (isBodiless(method)) void incoming.stream.cancel();
    incoming.receive(inline, false);
    return isBodiless(method) ? null : incoming.stream;
  }

  async #run(program: Program, request: Request, context: InvocationContext, deliver: RequestHead["deliver"]): Promise<void> {
    try {
      const answer = readResponse(await callHandler(program, request, context, deliver));
      await this.#answer(answer, this.#request?.method === "HEAD");
      this.#answerEnded = true;
    } catch (thrown) {
      this.fail(codeOf(thrown), thrown);
    }
    this.#finish();
  }

  async #answer({ status, headers, body }: Answer, headOnly: boolean): Promise<void> {
    const unwanted = headOnly || this.#cancelled;
    if (unwanted && body !== null && typeof body !== "function") void ignoreFailure(() => body.cancel());
    if (this.#cancelled || this.#answerEnded) return;
    const line = { status, headers, handlerMs: clockMs() - this.#startedMs };
    const outgoing = new OutgoingBody(this.#around.channel, this.#stream, responseText(line));
    if (body === null || unwanted) return outgoing.sendEmpty();
    this.#outgoing = outgoing;
    await sendBody(body, outgoing, (reader) => (this.#reader = reader));
  }

  #stopAnswer(reason: unknown): void {
    this.#outgoing?.cut();
    void ignoreFailure(() => this.#reader?.cancel(reason));
  }

  async #settleWork(work: unknown): Promise<void> {
    try {
      await work;
    } catch (thrown) {
      const { error, detail } = describeError(thrown, "FUNCTION_ERROR");
      this.#around.sink.writeFor(this, "error", `waitUntil: ${error.stack ?? detail}`);
    }
    this.#pendingWork--;
    if (this.#returned) this.#finish();
  }

  #finish(): void {
    this.#returned = true;
    if (this.#pendingWork > 0 || this.#closed) return;
    this.#around.sink.flushSources();
    const payload = { durationMs: clockMs() - this.#startedMs };
    this.#around.channel.send(encodeText(FrameType.done, this.#stream, doneText(payload)));
    this.#closed = true;
    this.#onDone(this.#stream);
  }
}

function codeOf(thrown: unknown): string {
  if (isInstance(thrown, NoHandler)) return "FUNCTION_NO_HANDLER";
  return isInstance(thrown, InvalidResponse) ? "FUNCTION_INVALID_RESPONSE" : "FUNCTION_ERROR";
}

/** For what is given up: nobody is left to tell. Not by `catch`, which a function may have replaced. */
async function ignoreFailure(work: () => Promise<void> | undefined): Promise<void> {
  try {
    await work();
  } catch {
    // Given up.
  }
}
