import { randomFillSync } from "node:crypto";

const ID_BYTES = 18;
const POOL_IDS = 256;

/** Ids that cannot be guessed: 144 bits each. The kernel is asked for many at a time, since asking costs more than the rest of it. */
export class RandomIds {
  readonly #pool = Buffer.alloc(ID_BYTES * POOL_IDS);
  #at = POOL_IDS;

  /** 24 characters of base64url. */
  next(): string {
    if (this.#at === POOL_IDS) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const from = this.#at++ * ID_BYTES;
    return this.#pool.toString("base64url", from, from + ID_BYTES);
  }
}
