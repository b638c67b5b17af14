import { z } from "zod";
import { Digest, Env, FunctionId, Limits } from "./config.ts";

/** What a version holds once its module is loaded. What a fork would share or lose (a socket, a timer, a thread) is a reason. */
export const ForkClean = z.object({ ok: z.boolean(), reasons: z.array(z.string().max(256)).max(16) });
export type ForkClean = z.infer<typeof ForkClean>;

/** One immutable build of a function: all that a worker needs to run it. Kept in the store under its digest. */
export const VersionRecord = z.object({
  function: FunctionId,
  version: Digest,
  createdMs: z.int(),
  limits: Limits,
  env: Env,
  handlers: z.array(z.string()),
  format: z.enum(["cjs", "esm"]),
  bundleBytes: z.int(),
  /** Blob of the bundle layer (an uncompressed tar holding `app/…`) in the artifact store. */
  layer: Digest,
  /** Blob of the source map; null when none was given. */
  sourceMap: Digest.nullable(),
  /** Blob of the layer of packages that its bundle does not hold (an uncompressed tar holding `app/node_modules/…`); null or absent: it holds all. */
  dependencies: Digest.nullable().optional(),
  /** Measured once at deploy in a real sandbox, milliseconds. */
  startup: z.object({ totalMs: z.number(), loadMs: z.number() }),
  /** Whether its instances may be forked from a template; absent: no worker has looked. */
  forkClean: ForkClean.optional(),
  /** The entry's path as the developer knows it, for people. */
  entry: z.string(),
});
export type VersionRecord = z.infer<typeof VersionRecord>;

export const FunctionRecord = z.object({
  name: FunctionId,
  createdMs: z.int(),
  updatedMs: z.int(),
  /** Alias → version digest. `live` is always there. */
  aliases: z.record(z.string(), Digest),
});
export type FunctionRecord = z.infer<typeof FunctionRecord>;
