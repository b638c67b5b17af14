/**
 * How often something happens, as an average that forgets: an event counts half after `halfLifeMs`. Clocks are the caller's,
 * monotonic milliseconds.
 */
export class Rate {
  readonly #halfLifeMs: number;
  #weight = 0;
  #atMs = 0;

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
  }

  note(nowMs: number): void {
    this.#weight = this.#decayed(nowMs) + 1;
    this.#atMs = nowMs;
  }

  /** Events a second. A single event reads as one in about 1.4 half-lives. */
  perSecond(nowMs: number): number {
    return (this.#decayed(nowMs) * Math.LN2 * 1000) / this.#halfLifeMs;
  }

  #decayed(nowMs: number): number {
    return this.#weight * 0.5 ** (Math.max(0, nowMs - this.#atMs) / this.#halfLifeMs);
  }
}
