import { z } from "zod";
import { AliasName, Digest, Env, FunctionConfig, FunctionId, FunctionName, Limits, PackageName } from "./config.ts";
import { ForkClean, FunctionRecord, VersionRecord } from "./version.ts";

/**
 * The admin API, `/api/…`. Deploy is one `multipart/form-data` POST to `/api/functions/<name>/versions`: part `meta` (JSON,
 * DeployMeta), part `bundle` (the JavaScript), optional parts `sourceMap` (JSON) and `dependencies` (a tar of `app/node_modules/…`).
 */
export const DeployMeta = z.strictObject({
  format: z.enum(["cjs", "esm"]),
  entry: z.string().max(1024),
  /** Flags of the command; they win over the entry's `config` export. */
  overrides: FunctionConfig.prefault({}),
  env: Env.prefault({}),
  /** Packages that the bundle imports and does not hold; the part `dependencies` has them. */
  external: z.array(PackageName).max(256).prefault([]),
});
export type DeployMeta = z.input<typeof DeployMeta>;

export const DeployResult = z.object({
  function: FunctionName,
  version: Digest,
  /** The alias moved (false: this very version was live already). */
  changed: z.boolean(),
  url: z.string(),
  bundleBytes: z.int(),
  startup: z.object({ totalMs: z.number(), loadMs: z.number() }),
  limits: Limits,
  handlers: z.array(z.string()),
});
export type DeployResult = z.infer<typeof DeployResult>;

/** A version as the API shows it: names of its environment variables, never values. */
export const VersionView = VersionRecord.omit({ env: true }).extend({ envNames: z.array(z.string()) });
export type VersionView = z.infer<typeof VersionView>;

export const FunctionSummary = FunctionRecord.extend({
  url: z.string(),
  /** Who may invoke it: as the live version says, else as is usual in the installation. */
  auth: z.enum(["public", "key"]),
  live: VersionView,
});
export type FunctionSummary = z.infer<typeof FunctionSummary>;

/** `GET /api/functions/<name>`: the newest version first. */
export const FunctionDetail = FunctionSummary.extend({ versions: z.array(VersionView) });
export type FunctionDetail = z.infer<typeof FunctionDetail>;

export const FunctionList = z.object({ functions: z.array(FunctionSummary) });
export type FunctionList = z.infer<typeof FunctionList>;

export const LogLine = z.object({
  /** Position in the function's log; ask for what follows with `?after=`. */
  id: z.string(),
  time: z.number(),
  level: z.enum(["debug", "info", "warn", "error"]),
  requestId: z.string().nullable(),
  version: z.string(),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()).optional(),
});
export type LogLine = z.infer<typeof LogLine>;

/** Query of `GET /api/functions/<name>/logs`. */
export const LogQuery = z.strictObject({
  /** Position of the last line already seen; without it the last `limit` lines are given. */
  after: z
    .string()
    .regex(/^\d{1,19}(-\d{1,19})?$/, "must be the id of a log line")
    .optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  /** `1`: go on with lines as they come. */
  follow: z
    .enum(["0", "1"])
    .default("0")
    .transform((text) => text === "1"),
});

/** `GET /api/functions/<name>/logs` without `follow` and without `accept: application/x-ndjson`. */
export const LogPage = z.object({ lines: z.array(LogLine) });
export type LogPage = z.infer<typeof LogPage>;

/** `GET /api/workers`: those that are alive. */
export const WorkerList = z.object({ workers: z.array(z.object({ id: z.string(), seenMs: z.number() })) });
export type WorkerList = z.infer<typeof WorkerList>;

export const AliasMove = z.strictObject({ version: z.union([Digest, z.string().regex(/^[0-9a-f]{6,64}$/), AliasName]) });
export type AliasMove = z.infer<typeof AliasMove>;

/** Asked of a worker by control: load this bundle once in a real sandbox and say what it is. */
export const ProbeRequest = z.object({
  function: FunctionId,
  version: Digest,
  layer: Digest,
  sourceMap: Digest.nullable(),
  dependencies: Digest.nullable().optional(),
  format: z.enum(["cjs", "esm"]),
  env: Env,
  limits: Limits,
});
export type ProbeRequest = z.infer<typeof ProbeRequest>;

export const ProbeResult = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    /** The entry's `config` export; absent when it has none. */
    config: z.unknown().optional(),
    handlers: z.array(z.string()),
    startup: z.object({ totalMs: z.number(), loadMs: z.number() }),
    /** Absent: the worker did not look. */
    forkClean: ForkClean.optional(),
  }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), stack: z.string().optional() }),
]);
export type ProbeResult = z.infer<typeof ProbeResult>;

/**
 * `POST /prewarm` on a worker's socket: work is known to come for this version (an alias is about to move to it, a cron slot, a queue
 * that grows). The worker makes what is missing in the background and answers 202 at once; it may do less when it has no room.
 */
export const PrewarmRequest = z.object({
  function: FunctionId,
  version: Digest,
  /** Instances that will be needed at the same time. 0: a template alone, when the version may have one. */
  instances: z.int().min(0).max(1000),
  /** When they will be needed, Unix milliseconds; absent or past: now. They are ready shortly before and kept for ten seconds after. */
  atMs: z.number().optional(),
});
export type PrewarmRequest = z.infer<typeof PrewarmRequest>;
