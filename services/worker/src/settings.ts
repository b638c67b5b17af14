import { homedir } from "node:os";
import { join } from "node:path";
import { homePaths, type HomePaths } from "@zygo/contracts";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const count = (low: number, high: number) => z.coerce.number().int().min(low).max(high);

const Variables = z.strictObject({
  FN_HOME: z.string().min(1).default(join(homedir(), ".fn")),
  FN_PORT: port.default(8080),
  FN_HOST: z.string().min(1).default("127.0.0.1"),
  FN_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** Instances that serve or could, of all versions together. */
  FN_MAX_INSTANCES: count(1, 10_000).default(512),
  /** Tenant-less instances kept ready for the default runtime. */
  FN_POOL_SIZE: count(0, 256).optional(),
  REDIS_URL: z.string().min(1).optional(),
  /** Other services' variables, that a shared environment may hold. */
  FN_URL: z.string().optional(),
  FN_API_KEY: z.string().optional(),
  FN_ADMIN_KEY_HASH: z.string().optional(),
});

export interface Settings {
  paths: HomePaths;
  /** Where function-to-function calls enter: the gateway of this machine. */
  gateway: { host: string; port: number };
  redisUrl: string;
  logLevel: "debug" | "info" | "warn" | "error";
  maxInstances: number;
  poolSize: number | undefined;
}

const ANY_ADDRESS = new Set(["0.0.0.0", "::", "*"]);

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const ours = Object.entries(environment).filter(([name]) => name.startsWith("FN_") || name === "REDIS_URL");
  const given = Variables.parse(Object.fromEntries(ours));
  const paths = homePaths(given.FN_HOME);
  return {
    paths,
    gateway: { host: ANY_ADDRESS.has(given.FN_HOST) ? "127.0.0.1" : given.FN_HOST, port: given.FN_PORT },
    redisUrl: given.REDIS_URL ?? paths.redisSocket,
    logLevel: given.FN_LOG_LEVEL,
    maxInstances: given.FN_MAX_INSTANCES,
    poolSize: given.FN_POOL_SIZE,
  };
}
