import type { Receipt } from "@zygo/contracts";

/** A receipt of all that an attempt did is waited for so long behind its answer, milliseconds: what it leaves to `waitUntil` may go on. */
const WAIT_MS = 1000;

/** Receipts that workers send once all of an invocation is settled, for those whose record waits for them. */
export class AwaitedReceipts {
  readonly #waiting = new Map<string, (receipt: Receipt) => void>();

  /** Listens for the receipt of a request, from before it is sent. Call `stop` in any case. */
  expect(requestId: string): { settled: (sofar: Receipt) => Promise<Receipt>; stop: () => void } {
    const { promise, resolve } = Promise.withResolvers<Receipt>();
    this.#waiting.set(requestId, resolve);
    let timer: NodeJS.Timeout | undefined;
    return {
      settled: (sofar) => {
        timer = setTimeout(resolve, WAIT_MS, sofar);
        return promise;
      },
      stop: () => {
        clearTimeout(timer);
        this.#waiting.delete(requestId);
      },
    };
  }

  /** Nothing happens when nobody waits for it. */
  tell(receipt: Receipt): void {
    this.#waiting.get(receipt.requestId)?.(receipt);
  }
}
