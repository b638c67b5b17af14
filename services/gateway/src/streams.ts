import { randomInt } from "node:crypto";

const LARGEST = 0xffff_ffff;

/** What is in flight (invocations), by its number on the worker links. */
export class Streams<Open> {
  readonly #open = new Map<number, Open>();
  // A random start: frames that were meant for an earlier process with this address hardly ever name a stream of this one.
  #next = randomInt(2 ** 31, 2 ** 32 - 2 ** 24);

  get size(): number {
    return this.#open.size;
  }

  add(opened: Open): number {
    do this.#next = this.#next === LARGEST ? 1 : this.#next + 1;
    while (this.#open.has(this.#next));
    this.#open.set(this.#next, opened);
    return this.#next;
  }

  get(stream: number): Open | undefined {
    return this.#open.get(stream);
  }

  delete(stream: number): void {
    this.#open.delete(stream);
  }

  /** A copy: what is done to each may end it. */
  all(): Open[] {
    return [...this.#open.values()];
  }
}
