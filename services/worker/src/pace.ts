const SPAN_MS = 100;

/**
 * How fast one peer may have its frames handled, so that no sandbox keeps the worker to itself by many small ones. The rate is counted
 * in spans of 100 ms.
 */
export class Pace {
  readonly #perSpan: number;
  #spanStart = 0;
  #frames = 0;

  constructor(framesPerSecond: number) {
    this.#perSpan = (framesPerSecond * SPAN_MS) / 1000;
  }

  /** Notes frames that were handled. @returns for how long to read nothing more of the peer, milliseconds; 0 when it is within its rate. */
  note(frames: number, nowMs: number): number {
    if (nowMs - this.#spanStart >= SPAN_MS) {
      this.#spanStart = nowMs;
      this.#frames = 0;
    }
    this.#frames += frames;
    return this.#frames > this.#perSpan ? this.#spanStart + SPAN_MS - nowMs : 0;
  }
}
