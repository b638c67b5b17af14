import { StoredAnswer } from "@zygo/contracts";
import type { JobRedis } from "./job-redis.ts";
import { jobKeys } from "./keys.ts";

export type Claim = { kind: "claimed" | "other" | "in-flight" } | { kind: "done"; answer: StoredAnswer };

/** Idempotency-Keys of synchronous calls. */
export class Idempotency {
  readonly #jobs: JobRedis;

  constructor(jobs: JobRedis) {
    this.#jobs = jobs;
  }

  /** @throws FnError QUEUE_UNAVAILABLE */
  async begin(name: string, claim: { digest: string; fingerprint: string; token: string; holdMs: number }): Promise<Claim> {
    this.#jobs.refuseWhileAway();
    const key = jobKeys.idempotency(name, claim.digest);
    const [kind, answer] = await this.#jobs.answered(this.#jobs.redis.beginIdempotent(key, claim.fingerprint, claim.token, claim.holdMs));
    if (kind === "DONE") return { kind: "done", answer: StoredAnswer.parse(JSON.parse(answer ?? "")) };
    return { kind: kind === "CLAIMED" ? "claimed" : kind === "OTHER" ? "other" : "in-flight" };
  }

  /** Null frees the key. @throws FnError QUEUE_UNAVAILABLE */
  async end(name: string, claim: { digest: string; token: string; answer: StoredAnswer | null; keepMs: number }): Promise<void> {
    this.#jobs.refuseWhileAway();
    const answer = claim.answer === null ? "" : JSON.stringify(claim.answer);
    await this.#jobs.answered(this.#jobs.redis.endIdempotent(jobKeys.idempotency(name, claim.digest), claim.token, answer, claim.keepMs));
  }
}
