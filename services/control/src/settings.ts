import { homePaths, PrivatePrefixes, type HomePaths, type Prefix } from "@zygo/contracts";
import { defaultAuth, KnownPort, platformVariables, reachableHost, SHARED_VARIABLES, type LogLevel } from "@zygo/service";
import { z } from "zod";

const Variables = z.strictObject({
  ...SHARED_VARIABLES,
  FN_PORT: KnownPort,
  /** Where callers reach the gateway; default: from host and port. */
  FN_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Ranges that are not public and that functions' allow-rules may name. */
  FN_NETWORK_PRIVATE: PrivatePrefixes.prefault(""),
  /** sha256 of the admin key, hex. Without it only keys that the store knows are let in. */
  FN_ADMIN_KEY_HASH: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 hex digits")
    .optional(),
});

export interface Settings {
  paths: HomePaths;
  redisUrl: string;
  /** Of the async lane. */
  jobsRedisUrl: string;
  durability: "fsync" | "kernel";
  /** Base of the URLs in answers, without a slash at its end. */
  publicUrl: string;
  logLevel: LogLevel;
  adminKeyHash: string | undefined;
  permitted: Prefix[];
  /** Who may invoke functions whose config does not say. */
  defaultAuth: "public" | "key";
}

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const given = Variables.parse(platformVariables(environment));
  const paths = homePaths(given.FN_HOME);
  const url = given.FN_URL ?? `http://${reachableHost(given.FN_HOST)}:${given.FN_PORT}`;
  return {
    paths,
    jobsRedisUrl: given.REDIS_URL ?? paths.jobsRedisSocket,
    durability: given.FN_DURABILITY,
    redisUrl: given.REDIS_URL ?? paths.redisSocket,
    publicUrl: url.replace(/\/+$/, ""),
    logLevel: given.FN_LOG_LEVEL,
    defaultAuth: defaultAuth(given),
    permitted: given.FN_NETWORK_PRIVATE,
    adminKeyHash: given.FN_ADMIN_KEY_HASH,
  };
}
