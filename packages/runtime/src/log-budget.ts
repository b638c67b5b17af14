/** Bytes of log payload that one invocation may write. */
export const INVOCATION_LOG_BYTES = 256 * 1024;

/** Whose lines these are, and what they may still cost. */
export interface LogOwner {
  /** 0 outside an invocation. */
  readonly logStream: number;
  readonly logBudget: LogBudget;
}

/** What an invocation may still log. Outside of one there is a budget too, renewed with each invocation that begins. */
export class LogBudget {
  #leftBytes = INVOCATION_LOG_BYTES;
  #told = false;

  get used(): boolean {
    return this.#leftBytes < INVOCATION_LOG_BYTES || this.#told;
  }

  /** @returns "last" once, in place of the first line that no longer fits: the reader is told that more is missing. */
  take(bytes: number): "fits" | "last" | "over" {
    if (!this.#told && bytes <= this.#leftBytes) {
      this.#leftBytes -= bytes;
      return "fits";
    }
    if (this.#told) return "over";
    this.#told = true;
    return "last";
  }
}
