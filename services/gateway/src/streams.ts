import { randomInt } from "node:crypto";
import type { Invocation } from "./invocation.ts";

const LARGEST = 0xffff_ffff;

/** The invocations in flight, by their number on the worker links. */
export class Streams {
  readonly #open = new Map<number, Invocation>();
  // A random start: frames that were meant for an earlier process with this address hardly ever name a stream of this one.
  #next = randomInt(2 ** 31, 2 ** 32 - 2 ** 24);

  get size(): number {
    return this.#open.size;
  }

  add(invocation: Invocation): number {
    do this.#next = this.#next === LARGEST ? 1 : this.#next + 1;
    while (this.#open.has(this.#next));
    this.#open.set(this.#next, invocation);
    return this.#next;
  }

  get(stream: number): Invocation | undefined {
    return this.#open.get(stream);
  }

  delete(stream: number): void {
    this.#open.delete(stream);
  }

  /** A copy: what is done to each may end it. */
  all(): Invocation[] {
    return [...this.#open.values()];
  }
}
