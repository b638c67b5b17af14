import { mayRefill, refillDelayMs } from "@zygo/core";
import type { RuntimeName } from "@zygo/contracts/names";
import { FrameError } from "@zygo/contracts/frames";
import type { Forked } from "./forked.ts";
import type { Log } from "@zygo/service";

/** How often a pool that is short looks whether it is calm enough to refill, milliseconds. */
const LOOK_MS = 5;

export interface PoolOptions {
  runtime: RuntimeName;
  target: number;
  make: () => Promise<Forked>;
  /** Requests that wait for an instance, and starts under way. */
  pressure: () => { waiting: number; starting: number };
  log: Log;
}

/** Tenant-less instances of one runtime, forked ahead of need. Refilled in the background, when nobody waits. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #ready: Forked[] = [];
  #making = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #full = Promise.withResolvers<void>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#look(0);
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** Resolves once the pool was full for the first time. */
  get filled(): Promise<void> {
    return this.#full.promise;
  }

  /** The freshest one: its pages are the warmest. Undefined when none is ready. */
  claim(): Forked | undefined {
    const claimed = this.#ready.pop();
    if (claimed !== undefined) this.#look(LOOK_MS);
    return claimed;
  }

  /** Destroys all in it; it makes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#ready.splice(0).map((forked) => forked.destroy()));
  }

  #look(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined || this.#making > 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#refill();
    }, delayMs);
  }

  async #refill(): Promise<void> {
    const { target, pressure } = this.#options;
    if (this.#ready.length >= target) return this.#full.resolve();
    if (!mayRefill({ ready: this.#ready.length, making: this.#making, target, ...pressure() })) return this.#look(LOOK_MS);
    this.#making++;
    await this.#makeOne();
    this.#making--;
    this.#look(refillDelayMs(this.#failures));
  }

  async #makeOne(): Promise<void> {
    try {
      const forked = await this.#options.make();
      this.#failures = 0;
      if (this.#closed) await forked.destroy();
      else this.#keep(forked);
    } catch (error) {
      this.#failures++;
      this.#options.log.error("pool refill failed", { runtime: this.#options.runtime, error });
    }
  }

  #keep(forked: Forked): void {
    forked.link.handOver({
      onFrame: () => {
        throw new FrameError("a tenant-less instance has nothing to say");
      },
      onEnd: () => this.#lose(forked),
    });
    if (!forked.link.ended) this.#ready.push(forked);
  }

  #lose(forked: Forked): void {
    const at = this.#ready.indexOf(forked);
    if (at >= 0) this.#ready.splice(at, 1);
    this.#failures++;
    this.#options.log.warn("pooled instance ended", { runtime: this.#options.runtime, pid: forked.process.pid });
    forked.destroy().catch((error: unknown) => this.#options.log.error("sandbox not destroyed", { error }));
    this.#look(refillDelayMs(this.#failures));
  }
}
