import type { Quotas, VersionRecord } from "@zygo/contracts";
import type { Exchange } from "../exchange.ts";
import type { SeenRequest } from "../request-headers.ts";
import type { Target } from "../target.ts";

/** A request whose function is found and whose headers are seen. */
export interface Wanted {
  exchange: Exchange;
  target: Target;
  version: VersionRecord;
  seen: SeenRequest;
  quotas: Quotas;
}
