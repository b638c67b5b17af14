import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { DEFAULT_LIMITS, MAX_OPEN_FILES } from "@zygo/contracts";
import { mayRefill, poolTarget, Rate } from "@zygo/core";
import type { RuntimeName } from "@zygo/contracts/names";
import type { SandboxHost } from "@zygo/sandbox";
import type { Log } from "@zygo/service";
import { Forked } from "./forked.ts";
import type { InsideServices } from "./inside.ts";
import { availableMemory } from "./memory.ts";
import { Slots } from "./slots.ts";
import { Stock, type StockState } from "./stock.ts";
import { sandboxLimits } from "./versions.ts";

/** What a tenant-less sandbox runs with until a version's limits are set. Open files can only be lowered then. */
const EMPTY_LIMITS = { ...sandboxLimits(DEFAULT_LIMITS), openFiles: MAX_OPEN_FILES };
const EMPTY_HOSTNAME = "fn";
/** A pool forgets a busy time in half a minute or so, milliseconds. */
const RATE_HALF_LIFE_MS = 10_000;

/** Requests that wait for an instance, and starts under way. */
export type Pressure = () => { waiting: number; starting: number };

interface Pool {
  stock: Stock;
  taken: Rate;
}

/** Tenant-less instances, forked ahead of need, of each runtime; and the slots that bound how many forks there are at a time. */
export class Pools {
  readonly slots = new Slots(Math.max(2, availableParallelism()));
  readonly #given: { host: SandboxHost; services: InsideServices; log: Log };
  readonly #pools = new Map<RuntimeName, Pool>();
  #pressure: Pressure = () => ({ waiting: 0, starting: 0 });

  constructor(given: { host: SandboxHost; services: InsideServices; log: Log }) {
    this.#given = given;
  }

  /** Keeps instances of a runtime whose zygote is ready. Resolves once there are as many as there should be. Once a runtime. */
  async open(runtime: RuntimeName, override: number | undefined, pressure: Pressure): Promise<void> {
    if (this.#pools.has(runtime)) return;
    this.#pressure = pressure;
    const { host, services, log } = this.#given;
    const taken = new Rate(RATE_HALF_LIFE_MS);
    const stock = new Stock({
      of: { runtime },
      target: (makeMs) =>
        poolTarget({ runtime, override, startsPerSecond: taken.perSecond(performance.now()), makeMs, availableBytes: availableMemory() }),
      make: () => this.slots.run(() => Forked.make(host, services, { runtime, limits: EMPTY_LIMITS, hostname: EMPTY_HOSTNAME })),
      mayRefill: (state) => this.mayRefill(state),
      log,
    });
    this.#pools.set(runtime, { stock, taken });
    await stock.filled;
  }

  /** The freshest one; undefined when none is ready. */
  claim(runtime: RuntimeName): Forked | undefined {
    const pool = this.#pools.get(runtime);
    pool?.taken.note(performance.now());
    return pool?.stock.claim();
  }

  /** Whether a stock may be given one more now: see `mayRefill` of `@zygo/core`. */
  mayRefill(state: StockState): boolean {
    const { waiting, starting } = this.#pressure();
    return mayRefill({ ...state, waiting: Math.max(0, waiting - starting), freeSlots: this.slots.free });
  }

  /** Instances that are ready. */
  get ready(): number {
    return [...this.#pools.values()].reduce((sum, { stock }) => sum + stock.ready, 0);
  }

  /** Ends what is too much for how busy it is. */
  adjust(): void {
    for (const { stock } of this.#pools.values()) stock.adjust();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ stock }) => stock.close()));
  }
}
