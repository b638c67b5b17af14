import type { Io } from "./io.ts";

/** The state of running work in one line on a terminal, rewritten in place; silent anywhere else. */
export class Progress {
  readonly #stderr: Io["stderr"];
  readonly #states = new Map<string, string>();

  constructor(stderr: Io["stderr"]) {
    this.#stderr = stderr;
  }

  set(name: string, state: string): void {
    this.#states.set(name, state);
    this.#draw();
  }

  /** The work is over: its line goes, so that the result can be written. */
  clear(name: string): void {
    this.#states.delete(name);
    this.#draw();
  }

  #draw(): void {
    if (this.#stderr.isTTY !== true) return;
    const line = [...this.#states].map(([name, state]) => `${name}: ${state}…`).join("  ");
    this.#stderr.write(`\r\x1b[2K${line}`);
  }
}
