import { homedir } from "node:os";
import { join } from "node:path";
import { redisOptions } from "@zygo/contracts";
import { z } from "zod";

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Members of each process's schema: the variables that all have, and those of other processes, which a shared environment may hold.
 * A process checks its own by a member of the same name.
 */
export const SHARED_VARIABLES = {
  FN_HOME: z.string().min(1).default(join(homedir(), ".fn")),
  /** 0: the system picks one. */
  FN_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  FN_HOST: z.string().min(1).default("127.0.0.1"),
  FN_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** Default: the platform's own Redis. */
  REDIS_URL: z.string().refine(isRedisUrl, "must be unix:///path, redis://… or rediss://…").optional(),
  FN_URL: z.string().optional(),
  FN_API_KEY: z.string().optional(),
  FN_ADMIN_KEY_HASH: z.string().optional(),
  /** What the installation is for: in production functions need a key unless they say otherwise, and `/metrics` always does. */
  FN_ENV: z.enum(["development", "production"]).default("development"),
  /** Who may invoke functions whose config does not say; default: by FN_ENV. */
  FN_DEFAULT_AUTH: z.enum(["public", "key"]).optional(),
  FN_GATEWAYS: z.string().optional(),
  FN_WORKERS: z.string().optional(),
  FN_LISTEN_FD: z.string().optional(),
  /** Tells the processes of one service apart; the supervisor counts from 0. */
  FN_SLOT: z.coerce.number().int().min(0).max(99).default(0),
  FN_MAX_INSTANCES: z.string().optional(),
  FN_POOL_SIZE: z.string().optional(),
  FN_JOB_SLOTS: z.string().optional(),
  FN_BATCH_SLOTS: z.string().optional(),
  /** `fsync`: an accepted job is on disk. `kernel`: it outlives every process, but not a power cut. */
  FN_DURABILITY: z.enum(["fsync", "kernel"]).default("fsync"),
  FN_PRIVATE_DESTINATIONS: z.string().optional(),
  FN_KEEP_INVOCATIONS_DAYS: z.string().optional(),
  FN_KEEP_INVOCATIONS: z.string().optional(),
  FN_KEEP_DEAD_DAYS: z.string().optional(),
  FN_KEEP_DEAD: z.string().optional(),
  FN_ALLOW_MISSING: z.string().optional(),
  FN_SPARES: z.string().optional(),
  FN_SECCOMP_DENY: z.string().optional(),
  FN_NETWORK_PRIVATE: z.string().optional(),
  FN_DNS: z.string().optional(),
} as const;

/** Who may invoke functions whose config does not say. */
export const defaultAuth = (given: {
  FN_ENV: "development" | "production";
  FN_DEFAULT_AUTH?: "public" | "key" | undefined;
}): "public" | "key" => given.FN_DEFAULT_AUTH ?? (given.FN_ENV === "production" ? "key" : "public");

/** A TCP port that others have to know beforehand. */
export const KnownPort = z.coerce.number().int().min(1).max(65_535).default(8080);

/** What of an environment is the platform's: for a strict schema, which then refuses unknown `FN_` names. */
export function platformVariables(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith("FN_") || name === "REDIS_URL"));
}

const ANY_ADDRESS = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
]);

/** How a URL of this machine names the host that a server listens on. */
export function reachableHost(host: string): string {
  return ANY_ADDRESS.get(host) ?? (host.includes(":") ? `[${host}]` : host);
}

function isRedisUrl(url: string): boolean {
  try {
    return redisOptions(url) !== undefined;
  } catch {
    return false;
  }
}
