const FIRST_MS = 200;
const MAX_MS = 5000;

/** A service that ran this long is taken to be healthy again. */
const HEALTHY_MS = 30_000;

/** How long to wait before the next start of a service that keeps dying: 0.2 s, doubled each time, at most 5 s. Clock-free. */
export class Backoff {
  #nextMs = FIRST_MS;

  /** @param livedMs how long the service had run when it died */
  next(livedMs: number): number {
    if (livedMs >= HEALTHY_MS) this.#nextMs = FIRST_MS;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(MAX_MS, waitMs * 2);
    return waitMs;
  }
}
