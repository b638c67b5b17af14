import { connect, type Socket } from "node:net";
import { takeAnswer, type Answer } from "./http-answer.ts";

/** Where a server listens. */
export type Address = { host: string; port: number } | { path: string };

/** Of a server on TCP. */
export function addressOf(url: string): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

export interface Timed {
  answer: Answer;
  /** From the call of `ask` to the first byte of the answer, milliseconds; for the first one, connecting is part of it. */
  firstByteMs: number;
}

const SILENCE_MS = 30_000;

/**
 * One HTTP/1.1 connection, asked one thing at a time. Bare, so that the measuring costs little: about 20 µs a request.
 * `ask` rejects when the connection breaks, stays silent for 30 s, or is closed; from then on each does.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting:
    { askedAt: number; firstByteMs: number | undefined; resolve: (timed: Timed) => void; reject: (error: Error) => void } | undefined;
  #broken: Error | undefined;

  constructor(address: Address) {
    this.#socket = connect({ ...address, noDelay: true });
    this.#socket.setTimeout(SILENCE_MS, () => this.#socket.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
    this.#socket.on("data", (chunk) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#break(error));
    this.#socket.on("close", () => this.#break(new Error("the connection was closed")));
  }

  /** @param headers whole lines, each with its end */
  ask(path: string, headers = ""): Promise<Timed> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#waiting !== undefined) return Promise.reject(new Error("one question at a time"));
    return new Promise((resolve, reject) => {
      this.#waiting = { askedAt: performance.now(), firstByteMs: undefined, resolve, reject };
      this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${headers}\r\n`);
    });
  }

  /** Called again it does nothing. */
  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    waiting.firstByteMs ??= performance.now() - waiting.askedAt;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    try {
      const taken = takeAnswer(this.#received);
      if (taken === undefined) return;
      this.#received = this.#received.subarray(taken.length);
      this.#waiting = undefined;
      waiting.resolve({ answer: taken.answer, firstByteMs: waiting.firstByteMs });
    } catch (error) {
      this.#socket.destroy(error as Error);
    }
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** Asks once over a connection of its own. */
export async function askOnce(address: Address, path: string): Promise<Timed> {
  const connection = new Connection(address);
  try {
    return await connection.ask(path);
  } finally {
    connection.close();
  }
}
