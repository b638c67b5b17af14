import { GatewayLink } from "./gateway-link.ts";
import type { Invocation } from "./invocation.ts";
import type { Log } from "@zygo/service";

/** One link a gateway process, opened by the first envelope that names it and kept until either end goes. */
export class GatewayLinks {
  readonly #links = new Map<string, GatewayLink>();
  readonly #self: { worker: string; secret: string };
  readonly #left: (invocation: Invocation) => void;
  readonly #log: Log;

  constructor(self: { worker: string; secret: string }, left: (invocation: Invocation) => void, log: Log) {
    this.#self = self;
    this.#left = left;
    this.#log = log;
  }

  /** @throws TypeError when the address is none. A gateway that is gone shows later: its invocations are left. */
  get(address: string): GatewayLink {
    const open = this.#links.get(address);
    if (open !== undefined) return open;
    const link = new GatewayLink(
      address,
      { ...this.#self, gateway: address },
      {
        left: this.#left,
        end: (reason) => {
          this.#links.delete(address);
          this.#log.warn("gateway link ended", { gateway: address, reason });
        },
      },
    );
    this.#links.set(address, link);
    return link;
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }
}
