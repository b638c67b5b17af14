import type { Artifacts, Payloads, Volumes } from "@zygo/artifacts";
import type { Prefix } from "@zygo/contracts";
import type { AsyncLane } from "@zygo/queue";
import type { Identity, Sealer, Store } from "@zygo/store";
import type { Log } from "@zygo/service";
import type { Prober } from "./probe.ts";

/** What the routes work with. */
export interface Context {
  store: Store;
  artifacts: Artifacts;
  volumes: Volumes;
  /** The async lane, and the bodies of its jobs. */
  jobs: AsyncLane;
  payloads: Payloads;
  prober: Prober;
  /** Of secrets. */
  sealer: Sealer;
  log: Log;
  /** Base of the URLs in answers. */
  publicUrl: string;
  /** Who may invoke functions whose config does not say. */
  defaultAuth: "public" | "key";
  /** Ranges that are not public and that rules may name. */
  permitted: readonly Prefix[];
  adminKeyHash: string | undefined;
  /** Aborts when the service stops: streams end then. */
  stopping: AbortSignal;
  now: () => number;
}

/** Whom a request's key speaks for. `tenant` is the tenant that the call is for: the operator's choice, else the key's. */
export type Access = Identity;

/** What each request carries through its handlers. */
export interface RequestEnv {
  /** `access`: whoever calls, and for which tenant; there behind `requireKey`. */
  Variables: { requestId: string; access: Access };
}
