import { FrameError, WINDOW_BYTES } from "@zygo/contracts/frames";

/** Body bytes under way on one stream in one direction. */
export class Credit {
  #outstanding = 0;

  /** The sender sent `bytes`. @throws FrameError when it overran its window. */
  spend(bytes: number): void {
    this.#outstanding += bytes;
    if (this.#outstanding > WINDOW_BYTES) throw new FrameError("body overruns its window");
  }

  /** The receiver consumed `bytes`. @throws FrameError when it returns more than it got. */
  refund(bytes: number): void {
    if (bytes > this.#outstanding) throw new FrameError("more credit returned than was spent");
    this.#outstanding -= bytes;
  }
}
