import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { SourceMap } from "node:module";
import { Duplex } from "node:stream";
import { encodeFrame, encodeHead, encodeJson, encodeWindow, FLAG_END, FrameType } from "@zygo/contracts/frames";
import { levelledMethods } from "./console-capture.ts";
import { evaluateCommonJs, importModule } from "./evaluate.ts";
import { MemoryWire } from "./memory-wire.ts";
import { withoutOptimiser } from "./optimiser.ts";
import { OutputStream } from "./output-stream.ts";
import { readConfig } from "./read-config.ts";
import { resolveHandlers } from "./resolve-handlers.ts";
import { Session } from "./session.ts";
import { SocketWire } from "./socket-wire.ts";
import { PRACTICE, practiceProgram } from "./warm-up-program.ts";

/** Enough for V8 to know the shapes of what each request runs; with many more it would be about to optimise it. */
const ROUNDS = 30;
const SOCKET_ROUNDS = 30;

const BUNDLE = "exports.config = { memoryMb: 128 }; exports.default = { fetch: () => new Response('hello') };";

/**
 * Exercises in the zygote what every instance does, so that a forked child finds it loaded, compiled and in memory that it shares.
 * Leaves no handle, timer or thread behind, and nothing that a function can see. Idempotent.
 * @param socketPair a connected pair of stream sockets; without it the socket's own paths stay cold.
 */
export async function warmUp(socketPair?: () => [number, number]): Promise<void> {
  const exports = evaluateCommonJs(BUNDLE, "/app/main.cjs");
  resolveHandlers(exports);
  readConfig(exports);
  resolveHandlers({ default: () => new Response("hello") });
  await practiseLoad();
  await importModule("data:text/javascript,export%20default%201");
  warmDescriptors();
  warmSignals();
  new SourceMap({ version: 3, file: "a", sources: ["a"], sourcesContent: [], names: [], mappings: "AAAA", sourceRoot: "" }).findEntry(0, 0);
  await withoutOptimiser(async () => {
    await practise();
    if (socketPair !== undefined) await practiseOnSocket(socketPair());
  });
}

/** Requests of every kind over a channel that ends in memory. */
async function practise(): Promise<void> {
  const wire = new MemoryWire();
  const session = new Session(wire);
  const stdout = new OutputStream(session.sink, "info", 1);
  session.use(practiceProgram(levelledMethods(session.sink), stdout));
  session.greet();
  for (let round = 0; round < ROUNDS; round++) {
    const done = wire.done(PRACTICE.length);
    PRACTICE.forEach((_, at) => begin(session, at + 1));
    await done;
  }
}

/** A load of a bundle that is not there runs all of the load's code but the bundle. What it sets is put back. */
async function practiseLoad(): Promise<void> {
  const { argv } = process;
  const wire = new MemoryWire();
  const session = new Session(wire);
  const load = { function: "practice", version: "", file: "/nowhere/main.cjs", format: "cjs", env: {}, hasSourceMap: true };
  session.channel.receive(encodeJson(FrameType.load, 0, load));
  await wire.next();
  process.argv = argv;
  delete process.env["NODE_ENV"];
}

function requestFrame(stream: number): Buffer {
  const { method, path, body, then } = PRACTICE[stream - 1]!;
  const head = {
    requestId: `req_${stream}`,
    method,
    url: `http://practice.fn.internal${path}?a=1`,
    headers: [
      ["host", "practice.fn.internal"],
      ["accept", "*/*"],
      ["user-agent", "zygo"],
      ["content-type", "application/json"],
    ],
    deadlineMs: 0,
    attempt: 1,
    trigger: "http",
  };
  return encodeHead(FrameType.request, stream, head, Buffer.from(body), then === "end" ? FLAG_END : 0);
}

function begin(session: Session, stream: number): void {
  const { body, then } = PRACTICE[stream - 1]!;
  const bytes = Buffer.from(body);
  const receive = session.channel.receive;
  receive(requestFrame(stream));
  if (then === "stream") {
    receive(encodeFrame(FrameType.body, stream, 0, bytes));
    receive(encodeWindow(stream, bytes.length));
    receive(encodeFrame(FrameType.body, stream, FLAG_END));
  }
  if (then === "cancel") receive(encodeFrame(FrameType.cancel, stream, 0));
}

/** Requests over a real socket, of which nothing is left when it resolves. */
async function practiseOnSocket([ours, theirs]: [number, number]): Promise<void> {
  await new Promise<void>((resolve) => {
    let served = 0;
    const answer = Buffer.allocUnsafe(4096);
    const wire: SocketWire = new SocketWire({ onBytes: (bytes) => session.channel.receive(bytes), onEnd: resolve });
    const session = new Session(wire);
    const ask = (): void => void writeSync(theirs, requestFrame(1));
    session.use(practiceProgram(levelledMethods(session.sink), new OutputStream(session.sink, "info", 1)));
    wire.attach(ours);
    session.greet();
    ask();
    const next = (): void => {
      readSync(theirs, answer);
      if (++served === SOCKET_ROUNDS) return wire.close();
      ask();
      setImmediate(() => setImmediate(next));
    };
    setImmediate(() => setImmediate(next));
  });
  closeSync(theirs);
}

/** libuv's signal pipe, which stays: a module that listens for a signal then opens no descriptor. */
function warmSignals(): void {
  const ignore = (): void => {};
  process.on("SIGTERM", ignore);
  process.off("SIGTERM", ignore);
}

/** The paths of a socket's reads and writes, without a socket. */
function warmDescriptors(): void {
  const fd = openSync("/dev/null", "w");
  writeSync(fd, Buffer.from("x"), 0, 1);
  closeSync(fd);
  const duplex = new Duplex({ read: () => {}, write: (_chunk, _encoding, callback) => callback() });
  duplex.on("data", () => {});
  for (let i = 0; i < ROUNDS; i++) duplex.push(Buffer.from("x"));
  duplex.write("x");
  duplex.destroy();
}
