import { performance } from "node:perf_hooks";
import { refillDelayMs } from "@zygo/core";
import { FrameError, type Frame } from "@zygo/contracts/frames";
import type { Log } from "@zygo/service";
import type { Forked } from "./forked.ts";

/** How often a stock that is short looks whether it may refill, milliseconds. */
const LOOK_MS = 5;
/** How much the latest one counts in the average of how long one takes to be made. */
const LATEST = 0.2;

export interface StockState {
  ready: number;
  making: number;
  target: number;
  emptyMs: number;
}

export interface StockOptions {
  /** For the log. */
  of: Record<string, string>;
  target: (makeMs: number) => number;
  make: () => Promise<Forked>;
  mayRefill: (state: StockState) => boolean;
  /** What one says while it waits; may throw FrameError. */
  onFrame?: (frame: Frame) => void;
  log: Log;
}

/** Instances made ahead of need, all alike: the tenant-less ones of a runtime, or the spares of a version. Refilled in the background. */
export class Stock {
  readonly #options: StockOptions;
  readonly #ready: Forked[] = [];
  #making = 0;
  #failures = 0;
  #makeMs = 5;
  #emptySince: number | undefined = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #full = Promise.withResolvers<void>();

  constructor(options: StockOptions) {
    this.#options = options;
    this.#look(0);
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** Resolves once there were as many as there should be, for the first time. */
  get filled(): Promise<void> {
    return this.#full.promise;
  }

  /** The freshest one: its pages are the warmest. Undefined when none is ready. */
  claim(): Forked | undefined {
    const claimed = this.#ready.pop();
    if (this.#ready.length === 0) this.#emptySince ??= performance.now();
    this.#look(LOOK_MS);
    return claimed;
  }

  /** The target may have changed: ends what is too much, refills what is missing. */
  adjust(): void {
    const target = this.#target();
    while (this.#ready.length > target) this.#discard(this.#ready.shift());
    if (this.#ready.length < target) this.#look(0);
  }

  /** Destroys all in it; it makes no more. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#full.resolve();
    await Promise.allSettled(this.#ready.splice(0).map((forked) => forked.destroy()));
  }

  #target(): number {
    return this.#closed ? 0 : this.#options.target(this.#makeMs);
  }

  #look(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined || this.#making > 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#refill();
    }, delayMs);
  }

  async #refill(): Promise<void> {
    const [target, ready] = [this.#target(), this.#ready.length];
    if (ready >= target) return this.#full.resolve();
    const emptyMs = this.#emptySince === undefined ? 0 : performance.now() - this.#emptySince;
    if (!this.#options.mayRefill({ ready, making: this.#making, target, emptyMs })) return this.#look(LOOK_MS);
    this.#making++;
    await this.#makeOne();
    this.#making--;
    this.#look(refillDelayMs(this.#failures));
  }

  async #makeOne(): Promise<void> {
    try {
      const startedAt = performance.now();
      const forked = await this.#options.make();
      this.#makeMs += LATEST * (performance.now() - startedAt - this.#makeMs);
      this.#failures = 0;
      if (this.#closed) await forked.destroy();
      else this.#keep(forked);
    } catch (error) {
      this.#failures++;
      this.#options.log.error("stock not refilled", { ...this.#options.of, error });
    }
  }

  #keep(forked: Forked): void {
    forked.link.handOver({ onFrame: this.#options.onFrame ?? nothingToSay, onEnd: () => this.#lose(forked) });
    if (forked.link.ended) return;
    this.#ready.push(forked);
    this.#emptySince = undefined;
  }

  #lose(forked: Forked): void {
    const at = this.#ready.indexOf(forked);
    if (at >= 0) this.#ready.splice(at, 1);
    this.#failures++;
    this.#options.log.warn("instance made ahead ended", { ...this.#options.of, pid: forked.process.pid });
    this.#discard(forked);
    this.#look(refillDelayMs(this.#failures));
  }

  #discard(forked: Forked | undefined): void {
    forked?.destroy().catch((error: unknown) => this.#options.log.error("sandbox not destroyed", { error }));
  }
}

function nothingToSay(): never {
  throw new FrameError("a tenant-less instance has nothing to say");
}
