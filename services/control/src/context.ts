import type { Artifacts } from "@zygo/artifacts";
import type { Store } from "@zygo/store";
import type { Log } from "@zygo/service";
import type { Prober } from "./probe.ts";

/** What the routes work with. */
export interface Context {
  store: Store;
  artifacts: Artifacts;
  prober: Prober;
  log: Log;
  /** Base of the URLs in answers. */
  publicUrl: string;
  adminKeyHash: string | undefined;
  /** Aborts when the service stops: streams end then. */
  stopping: AbortSignal;
  now: () => number;
}

/** What each request carries through its handlers. */
export interface RequestEnv {
  Variables: { requestId: string };
}
