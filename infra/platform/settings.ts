import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const Variables = z.strictObject({
  FN_HOME: z.string().min(1).default(join(homedir(), ".fn")),
  FN_PORT: z.coerce.number().int().min(1).max(65_535).default(8080),
  FN_HOST: z.string().min(1).default("127.0.0.1"),
  FN_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  REDIS_URL: z.string().min(1).optional(),
  /** The worker's; it checks them. */
  FN_MAX_INSTANCES: z.string().optional(),
  FN_POOL_SIZE: z.string().optional(),
  /** The command's: here only so that a shell that has them can start the platform. */
  FN_URL: z.string().optional(),
  FN_API_KEY: z.string().optional(),
});

export interface Settings {
  /** Absolute. */
  home: string;
  host: string;
  port: number;
  /** Where this machine reaches the gateway. */
  url: string;
  /** A Redis of the operator; undefined: the supervisor runs its own. */
  redisUrl: string | undefined;
  /** What services get to see of the platform's variables. */
  forServices: Record<string, string>;
  forWorker: Record<string, string>;
}

const ANY_ADDRESS = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
]);

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const ours = Object.entries(environment).filter(([name]) => name.startsWith("FN_") || name === "REDIS_URL");
  const { FN_HOME, FN_PORT, FN_HOST, FN_LOG_LEVEL, ...given } = Variables.parse(Object.fromEntries(ours));
  const home = resolve(FN_HOME);
  return {
    home,
    host: FN_HOST,
    port: FN_PORT,
    url: `http://${reachable(FN_HOST)}:${FN_PORT}`,
    redisUrl: given.REDIS_URL,
    forServices: { FN_HOME: home, FN_PORT: String(FN_PORT), FN_HOST, FN_LOG_LEVEL, ...defined({ REDIS_URL: given.REDIS_URL }) },
    forWorker: defined({ FN_MAX_INSTANCES: given.FN_MAX_INSTANCES, FN_POOL_SIZE: given.FN_POOL_SIZE }),
  };
}

function reachable(host: string): string {
  return ANY_ADDRESS.get(host) ?? (host.includes(":") ? `[${host}]` : host);
}

function defined(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
