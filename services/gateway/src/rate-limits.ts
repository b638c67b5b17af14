import { FnError, type Quotas } from "@zygo/contracts";
import type { Granted } from "@zygo/store";

/** Port of `Store` in `packages/store`. */
export interface RateStore {
  takeRequests(tenant: string, rate: { perSecond: number; burst: number }, wanted: number): Promise<Granted>;
}

interface Waiting {
  pass: (rateLimit: string) => void;
  refuse: (error: Error) => void;
}

interface Lane {
  waiting: Waiting[];
  asking: boolean;
  /** No request passes before, `performance.now()`: whoever else takes from the rate only makes it later. */
  closedUntil: number;
}

const POLICY = '"requests"';

/**
 * Requests of tenants that have a rate. One question to Redis is under way for a tenant at a time, and asks for all that came
 * meanwhile; while the rate is used up nobody asks. So the rate is exact over all gateways, and costs a round trip at most.
 */
export class RateLimits {
  readonly #store: RateStore;
  readonly #lanes = new Map<string, Lane>();

  constructor(store: RateStore) {
    this.#store = store;
  }

  /**
   * Resolves with the value of a `RateLimit` header once the request may go on; at once (undefined) when the tenant has no rate.
   * @throws FnError RATE_LIMITED with `retry-after`, QUEUE_UNAVAILABLE
   */
  take(tenant: string, quotas: Quotas): Promise<string> | undefined {
    const rate = rateOf(quotas);
    if (rate === null) return undefined;
    const lane = this.#lane(tenant);
    const leftMs = lane.closedUntil - performance.now();
    if (leftMs > 0) return Promise.reject(rateLimited(rate, leftMs));
    return new Promise((pass, refuse) => {
      lane.waiting.push({ pass, refuse });
      if (!lane.asking) void this.#ask(tenant, lane, rate);
    });
  }

  #lane(tenant: string): Lane {
    let lane = this.#lanes.get(tenant);
    if (lane === undefined) this.#lanes.set(tenant, (lane = { waiting: [], asking: false, closedUntil: 0 }));
    return lane;
  }

  async #ask(tenant: string, lane: Lane, rate: Rate): Promise<void> {
    lane.asking = true;
    // What comes in this turn of the event loop is asked for together.
    await Promise.resolve();
    while (lane.waiting.length > 0) {
      const asked = lane.waiting;
      lane.waiting = [];
      await this.#store.takeRequests(tenant, rate, asked.length).then(
        (granted) => settle(lane, asked, granted, rate),
        (error: Error) => asked.forEach(({ refuse }) => refuse(error)),
      );
    }
    lane.asking = false;
    if (lane.closedUntil <= performance.now()) this.#lanes.delete(tenant);
  }
}

interface Rate {
  perSecond: number;
  burst: number;
}

/** Null: there is none. Without a burst, as many may come at once as a second allows. */
export function rateOf({ requestsPerSecond, burst }: Quotas): Rate | null {
  if (requestsPerSecond === null) return null;
  return { perSecond: requestsPerSecond, burst: burst ?? Math.max(1, Math.ceil(requestsPerSecond)) };
}

function settle(lane: Lane, asked: readonly Waiting[], { granted, remaining, retryMs, resetMs }: Granted, rate: Rate): void {
  const passed = asked.slice(0, granted);
  passed.forEach(({ pass }, at) => pass(rateLimit(remaining + granted - 1 - at, resetMs)));
  if (granted === asked.length) return;
  lane.closedUntil = performance.now() + retryMs;
  for (const { refuse } of asked.slice(granted)) refuse(rateLimited(rate, retryMs));
}

/** @source draft-ietf-httpapi-ratelimit-headers-10 */
const rateLimit = (remaining: number, ms: number): string => `${POLICY};r=${remaining};t=${Math.ceil(ms / 1000)}`;

function rateLimited({ perSecond, burst }: Rate, retryMs: number): FnError {
  const detail = `The tenant's rate of ${perSecond} requests a second (${burst} at once) is used up`;
  const headers = {
    "retry-after": String(Math.max(1, Math.ceil(retryMs / 1000))),
    "ratelimit-policy": `${POLICY};q=${burst};w=${Math.max(1, Math.ceil(burst / perSecond))}`,
    ratelimit: rateLimit(0, retryMs),
  };
  return new FnError("RATE_LIMITED", detail, { headers });
}
