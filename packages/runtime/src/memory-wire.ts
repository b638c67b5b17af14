import { FrameType } from "@zygo/contracts/frames";
import type { Wire } from "./channel.ts";

const TYPE_AT = 4;

/** A wire to nowhere: it forgets what is written and counts the invocations that are done. */
export class MemoryWire implements Wire {
  readonly backlogBytes = 0;
  #awaited = 0;
  #resolve: (() => void) | undefined;

  write(buffers: Uint8Array[]): undefined {
    for (const frame of buffers) if (frame[TYPE_AT] === FrameType.done) this.#awaited--;
    if (this.#awaited <= 0) this.#resolve?.();
  }

  writeNow(buffers: Uint8Array[]): void {
    this.write(buffers);
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves at the next write. */
  next(): Promise<void> {
    return this.done(0);
  }

  /** Resolves when this many more invocations are done. */
  done(count: number): Promise<void> {
    this.#awaited = count;
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}
