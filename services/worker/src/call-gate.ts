import type { Socket } from "node:net";
import { Pace } from "./pace.ts";

/** Calls that one sandbox may make, far above what a function can have any use for. */
const CALLS_PER_SECOND = 5_000;
/** Unanswered requests on one connection. Clients send the next one after the answer; one that pipelines has nothing good in mind. */
const MAX_PIPELINED = 8;
/** For how long a sandbox that was cut off stays so, milliseconds. */
const CUT_OFF_MS = 1_000;

/**
 * Keeps one sandbox from taking the worker's time by calling: each request costs the worker far more than its sender. One that sends too
 * many loses all its connections at once, so that what lies unread in them is never looked at.
 */
export class CallGate {
  readonly #sockets = new Set<Socket>();
  readonly #pace = new Pace(CALLS_PER_SECOND);
  readonly #pending = new Map<Socket, number>();
  #cutOffUntilMs = 0;

  /** A new connection. False: it is refused. */
  admit(socket: Socket, nowMs: number): boolean {
    if (nowMs < this.#cutOffUntilMs) return false;
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#pending.delete(socket);
    });
    return true;
  }

  /** A request has come. False: the sandbox is cut off, there is nobody to answer. */
  begin(socket: Socket, nowMs: number): boolean {
    if (nowMs < this.#cutOffUntilMs) return false;
    const pending = (this.#pending.get(socket) ?? 0) + 1;
    this.#pending.set(socket, pending);
    if (pending <= MAX_PIPELINED && this.#pace.note(1, nowMs) === 0) return true;
    this.#cutOffUntilMs = nowMs + CUT_OFF_MS;
    for (const each of this.#sockets) each.destroy();
    return false;
  }

  /** The request's answer is out, or will never be. */
  end(socket: Socket): void {
    const pending = this.#pending.get(socket);
    if (pending !== undefined) this.#pending.set(socket, pending - 1);
  }
}
