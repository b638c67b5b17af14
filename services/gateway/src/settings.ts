import { homedir } from "node:os";
import { join } from "node:path";
import { homePaths, redisOptions, type HomePaths } from "@zygo/contracts";
import { z } from "zod";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const Variables = z.strictObject({
  FN_HOME: z.string().min(1).default(join(homedir(), ".fn")),
  FN_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  FN_HOST: z.string().min(1).default("127.0.0.1"),
  FN_LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  REDIS_URL: z.string().refine(isRedisUrl, "must be unix:///path, redis://… or rediss://…").optional(),
  /** Other services' variables, that a shared environment may hold. */
  FN_URL: z.string().optional(),
  FN_API_KEY: z.string().optional(),
  FN_ADMIN_KEY_HASH: z.string().optional(),
  FN_MAX_INSTANCES: z.string().optional(),
  FN_POOL_SIZE: z.string().optional(),
});

export interface Settings {
  paths: HomePaths;
  host: string;
  /** 0: the system picks one. */
  port: number;
  redisUrl: string;
  logLevel: (typeof LOG_LEVELS)[number];
}

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const ours = Object.entries(environment).filter(([name]) => name.startsWith("FN_") || name === "REDIS_URL");
  const given = Variables.parse(Object.fromEntries(ours));
  const paths = homePaths(given.FN_HOME);
  return {
    paths,
    host: given.FN_HOST,
    port: given.FN_PORT,
    redisUrl: given.REDIS_URL ?? `unix://${encodeURI(paths.redisSocket)}`,
    logLevel: given.FN_LOG_LEVEL,
  };
}

function isRedisUrl(url: string): boolean {
  try {
    return redisOptions(url) !== undefined;
  } catch {
    return false;
  }
}
