import { MAX_RECEIPTS, type Receipt } from "@zygo/contracts";

/** Most receipts that are kept at all, of some 400 bytes each. */
const MOST_RECEIPTS = 20_000;

/** The newest receipts of each function, in memory: what is to last stands in the log, and in the records of asynchronous invocations. */
export class RecentReceipts {
  /** The function whose newest receipt is the oldest comes first. */
  readonly #rings = new Map<string, Receipt[]>();
  readonly #next = new Map<string, number>();
  readonly #most: number;
  #count = 0;
  #latest: string | undefined;

  constructor(most = MOST_RECEIPTS) {
    this.#most = most;
  }

  add(receipt: Receipt): void {
    const { function: id } = receipt;
    const ring = this.#ringOf(id);
    if (ring.length < MAX_RECEIPTS) {
      ring.push(receipt);
      this.#count++;
      if (this.#count > this.#most) this.#forgetOne();
      return;
    }
    const at = this.#next.get(id) ?? 0;
    ring[at] = receipt;
    this.#next.set(id, (at + 1) % MAX_RECEIPTS);
  }

  /** The newest last. */
  of(id: string): Receipt[] {
    const ring = this.#rings.get(id) ?? [];
    const at = this.#next.get(id) ?? 0;
    return [...ring.slice(at), ...ring.slice(0, at)];
  }

  #ringOf(id: string): Receipt[] {
    const ring = this.#rings.get(id) ?? [];
    if (this.#latest === id) return ring;
    this.#latest = id;
    this.#rings.delete(id);
    this.#rings.set(id, ring);
    return ring;
  }

  #forgetOne(): void {
    const [oldest] = this.#rings;
    if (oldest === undefined) return;
    const [id, ring] = oldest;
    if (id !== this.#latest) {
      this.#rings.delete(id);
      this.#next.delete(id);
      this.#count -= ring.length;
    } else {
      ring.shift();
      this.#count--;
    }
  }
}
