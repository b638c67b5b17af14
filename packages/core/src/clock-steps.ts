/** A smaller difference is a clock that is being slewed, or a busy machine, milliseconds. */
const LEAST_STEP_MS = 500;

/** Notices that the wall clock was set back, by holding it against one that only goes forward. */
export class ClockSteps {
  #aheadMs: number | undefined;

  /** True: since the last call the wall clock went back; the first call too, for nobody knows what was before it. Both in milliseconds. */
  wentBack(wallMs: number, steadyMs: number): boolean {
    const before = this.#aheadMs ?? Infinity;
    this.#aheadMs = wallMs - steadyMs;
    return before - this.#aheadMs > LEAST_STEP_MS;
  }
}
