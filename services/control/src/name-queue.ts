import { FnError } from "@zygo/contracts";

/** Deploys of one name that may wait, each with its upload in memory. */
const MAX_WAITING = 8;

/** Runs work for the same name one at a time, in the order of asking; work for different names side by side. */
export class NameQueue {
  readonly #lanes = new Map<string, { last: Promise<unknown>; length: number }>();

  /** @throws FnError CONFLICT when too many wait already; what the work throws. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(name) ?? { last: Promise.resolve(), length: 0 };
    if (lane.length > MAX_WAITING) throw new FnError("CONFLICT", `Too many deploys of '${name}' are waiting`);
    this.#lanes.set(name, lane);
    lane.length += 1;
    const result = lane.last.then(work);
    lane.last = result.catch(() => {});
    try {
      return await result;
    } finally {
      lane.length -= 1;
      if (lane.length === 0) this.#lanes.delete(name);
    }
  }
}
