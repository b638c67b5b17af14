/** Names that cross a process boundary and that scripts rely on. No zod here: the runtime inside the sandbox imports this file. */

/** The tenant of those who have made none. */
export const DEFAULT_TENANT = "default";

/**
 * A function's id: `<name>` in the tenant `default`, `<tenant>.<name>` in any other. Everything inside (keys of Redis, envelopes, logs,
 * groups of instances) takes it as it is; only edges put it together or take it apart.
 */
export const functionId = (tenant: string, name: string): string => (tenant === DEFAULT_TENANT ? name : `${tenant}.${name}`);

export function tenantOf(id: string): string {
  const dot = id.indexOf(".");
  return dot < 0 ? DEFAULT_TENANT : id.slice(0, dot);
}

/** The function's name within its tenant. */
export const localName = (id: string): string => id.slice(id.indexOf(".") + 1);

/** How an invocation got its instance. `hot` idle instance, `spare` forked ahead from the version's template, `template`
 * forked now from it, `pool` pre-forked tenant-less instance plus load, `cold` nothing was ready. */
export const START_KINDS = ["hot", "spare", "template", "pool", "cold"] as const;
export type StartKind = (typeof START_KINDS)[number];

export const RUNTIMES = ["node22", "node24", "node26"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];
export const DEFAULT_RUNTIME: RuntimeName = "node24";

export const TRIGGERS = ["http", "function", "async", "cron", "webhook", "queue", "probe"] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Which of an entry's handlers gets the invocation: `fetch(request)`, `scheduled(event)`, `queue(batch)`. */
export const DELIVERS = ["fetch", "scheduled", "queue"] as const;
export type Deliver = (typeof DELIVERS)[number];

/** What a key may do in its tenant. `admin` includes the others. */
export const SCOPES = ["deploy", "invoke", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export const HEADERS = {
  requestId: "x-fn-request-id",
  version: "x-fn-version",
  start: "x-fn-start",
  serverTiming: "server-timing",
  /** On function-to-function calls. To the gateway: the worker's signed claim (`caller.ts`). To the function: the caller's name. */
  caller: "x-fn-caller",
  /** Set by the gateway: how many functions already called each other to get here. At MAX_CALL_DEPTH a call is refused. */
  depth: "x-fn-depth",
  /** On an invocation: `1` asks for its receipt. On the answer: the receipt, JSON; of a streamed answer a trailer. */
  receipt: "x-fn-receipt",
  /** To the API, with the operator's key alone: the tenant that the call is for. */
  tenant: "x-fn-tenant",
  /** On an invocation: an API key, where `Authorization` is the function's. It never reaches the function. */
  key: "x-fn-key",
} as const;

/** A call that would be this deep is refused: a loop ends. */
export const MAX_CALL_DEPTH = 8;

/** `http://<function>.fn.internal/` inside a sandbox reaches that function. */
export const INTERNAL_DOMAIN = "fn.internal";

/** Hosts at which a sandbox reaches the platform itself; two labels, so that no function's name is one. */
export const PLATFORM_HOSTS = { queue: `queue.platform.${INTERNAL_DOMAIN}` } as const;

/** Largest request body a function receives, bytes. */
export const MAX_REQUEST_BYTES = 6 * 1024 * 1024;
/** Request bodies up to this size travel inside the queue envelope, bytes; larger and streaming ones on the worker link. */
export const MAX_INLINE_BYTES = 16 * 1024;
/** Largest bundle, bytes. */
export const MAX_BUNDLE_BYTES = 50 * 1024 * 1024;
/** Largest layer of packages that a bundle cannot hold, bytes of its tar. */
export const MAX_DEPENDENCIES_BYTES = 160 * 1024 * 1024;
/** Files and directories in it. */
export const MAX_DEPENDENCIES_ENTRIES = 20_000;
/** Largest source map, bytes: it holds the sources, which a bundle has shrunk. */
export const MAX_SOURCE_MAP_BYTES = 2 * MAX_BUNDLE_BYTES;
