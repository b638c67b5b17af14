/**
 * Admission to the sync lane: how many invocations may be in flight, per version and in all. Beyond it the caller is told so at once
 * (`OVERLOADED`), for a queue that only grows ends in timeouts for everyone.
 */

/** Waiting invocations per invocation that can run; a longer queue would mostly wait out its deadline. */
const WAITING_PER_RUNNING = 8;
/** Versions with small limits may queue this many all the same: bursts are short. */
const LEAST_WAITING = 256;
const MOST_WAITING = 4096;

export interface AdmissionLimits {
  concurrency: number;
  maxInstances: number;
}

/** Most invocations of a version that may be in flight, running and waiting together. */
export function admissionBound({ concurrency, maxInstances }: AdmissionLimits): number {
  const running = maxInstances * concurrency;
  return running + Math.min(Math.max(running * WAITING_PER_RUNNING, LEAST_WAITING), MOST_WAITING);
}

/** Counts what is in flight in one process. Each `enter` that returned true is followed by exactly one `leave`. */
export class Admission {
  readonly #total: number;
  readonly #inFlight = new Map<string, number>();
  #sum = 0;

  /** @param total most invocations in flight over all versions */
  constructor(total: number) {
    this.#total = total;
  }

  get inFlight(): number {
    return this.#sum;
  }

  /** False, and nothing is counted: the version or the whole process is at its bound. */
  enter(version: string, limits: AdmissionLimits): boolean {
    const current = this.#inFlight.get(version) ?? 0;
    if (this.#sum >= this.#total || current >= admissionBound(limits)) return false;
    this.#inFlight.set(version, current + 1);
    this.#sum++;
    return true;
  }

  /** A version with nothing in flight takes no memory. Nothing happens for one that is not in flight. */
  leave(version: string): void {
    const current = this.#inFlight.get(version);
    if (current === undefined) return;
    if (current === 1) this.#inFlight.delete(version);
    else this.#inFlight.set(version, current - 1);
    this.#sum--;
  }
}
