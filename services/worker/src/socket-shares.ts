import type { Socket } from "node:net";

/** Connections of one function's sandboxes to the worker, which a descriptor each costs: beyond what its concurrent calls can need. */
const FUNCTION_SOCKETS = 512;
/** Of all functions together: far below what a process may have open. */
const ALL_SOCKETS = 8192;

/** Bounds the connections that sandboxes hold to the worker, so that one function, however many instances it has, leaves the others theirs. */
export class SocketShares {
  readonly #most: { each: number; all: number };
  readonly #held = new Map<string, number>();
  #all = 0;

  constructor(most: { each: number; all: number } = { each: FUNCTION_SOCKETS, all: ALL_SOCKETS }) {
    this.#most = most;
  }

  /** Counts the connection until it closes. False: its function has its share, or there are too many of all. */
  take(owner: string, socket: Pick<Socket, "once">): boolean {
    const held = this.#held.get(owner) ?? 0;
    if (held >= this.#most.each || this.#all >= this.#most.all) return false;
    this.#held.set(owner, held + 1);
    this.#all++;
    socket.once("close", () => this.#give(owner));
    return true;
  }

  #give(owner: string): void {
    this.#all--;
    const held = (this.#held.get(owner) ?? 1) - 1;
    if (held === 0) this.#held.delete(owner);
    else this.#held.set(owner, held);
  }
}
