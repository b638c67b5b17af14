import { homedir } from "node:os";
import { join } from "node:path";
import { homePaths, type HomePaths } from "@zygo/contracts";
import { z } from "zod";

const Variables = z.strictObject({
  FN_HOME: z.string().min(1).default(join(homedir(), ".fn")),
  FN_PORT: z.coerce.number().int().min(1).max(65_535).default(8080),
  FN_HOST: z.string().min(1).default("127.0.0.1"),
  /** Where callers reach the gateway; default: from host and port. */
  FN_URL: z.url({ protocol: /^https?$/ }).optional(),
  FN_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** sha256 of the admin key, hex. Without it only keys that the store knows are let in. */
  FN_ADMIN_KEY_HASH: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 hex digits")
    .optional(),
  REDIS_URL: z.string().min(1).optional(),
  /** Other processes' variables, that a shared environment may hold. */
  FN_API_KEY: z.string().optional(),
  FN_MAX_INSTANCES: z.string().optional(),
  FN_POOL_SIZE: z.string().optional(),
});

export interface Settings {
  paths: HomePaths;
  redisUrl: string;
  /** Base of the URLs in answers, without a slash at its end. */
  publicUrl: string;
  logLevel: "debug" | "info" | "warn" | "error";
  adminKeyHash: string | undefined;
}

const ANY_ADDRESS = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
]);

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const ours = Object.entries(environment).filter(([name]) => name.startsWith("FN_") || name === "REDIS_URL");
  const given = Variables.parse(Object.fromEntries(ours));
  const paths = homePaths(given.FN_HOME);
  const url = given.FN_URL ?? `http://${reachable(given.FN_HOST)}:${given.FN_PORT}`;
  return {
    paths,
    redisUrl: given.REDIS_URL ?? paths.redisSocket,
    publicUrl: url.replace(/\/+$/, ""),
    logLevel: given.FN_LOG_LEVEL,
    adminKeyHash: given.FN_ADMIN_KEY_HASH,
  };
}

function reachable(host: string): string {
  return ANY_ADDRESS.get(host) ?? (host.includes(":") ? `[${host}]` : host);
}
