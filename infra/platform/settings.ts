import { resolve } from "node:path";
import { KnownPort, platformVariables, reachableHost, SHARED_VARIABLES } from "@zygo/service";
import { z } from "zod";

const count = z.coerce.number().int().min(1).max(16);

/** Those of one service are checked by it. */
const Variables = z.strictObject({
  ...SHARED_VARIABLES,
  FN_PORT: KnownPort,
  FN_GATEWAYS: count.default(1),
  FN_WORKERS: count.default(1),
  FN_LISTEN_FD: z.coerce.number().int().min(3).optional(),
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
  gateways: number;
  workers: number;
  /** The gateways' listening socket; undefined: not opened yet. */
  listenFd: number | undefined;
  forWorker: Record<string, string>;
  forGateway: Record<string, string>;
  durability: "fsync" | "kernel";
}

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const { FN_HOME, FN_PORT, FN_HOST, FN_LOG_LEVEL, FN_ENV, ...given } = Variables.parse(platformVariables(environment));
  const home = resolve(FN_HOME);
  return {
    home,
    host: FN_HOST,
    port: FN_PORT,
    url: `http://${reachableHost(FN_HOST)}:${FN_PORT}`,
    redisUrl: given.REDIS_URL,
    durability: given.FN_DURABILITY,
    forGateway: defined(
      Object.fromEntries(
        Object.entries(given).flatMap(([name, value]) =>
          /^FN_(JOB_SLOTS|PRIVATE_DESTINATIONS|KEEP_)/.test(name) && value !== undefined ? [[name, String(value)]] : [],
        ),
      ),
    ),
    forServices: {
      FN_HOME: home,
      FN_PORT: String(FN_PORT),
      FN_HOST,
      FN_LOG_LEVEL,
      FN_ENV,
      FN_DURABILITY: given.FN_DURABILITY,
      ...defined({ REDIS_URL: given.REDIS_URL, FN_DEFAULT_AUTH: given.FN_DEFAULT_AUTH, FN_NETWORK_PRIVATE: given.FN_NETWORK_PRIVATE }),
    },
    gateways: given.FN_GATEWAYS,
    workers: given.FN_WORKERS,
    listenFd: given.FN_LISTEN_FD,
    forWorker: defined({
      FN_MAX_INSTANCES: given.FN_MAX_INSTANCES,
      FN_POOL_SIZE: given.FN_POOL_SIZE,
      FN_ALLOW_MISSING: given.FN_ALLOW_MISSING,
      FN_SPARES: given.FN_SPARES,
      FN_SECCOMP_DENY: given.FN_SECCOMP_DENY,
      FN_DNS: given.FN_DNS,
    }),
  };
}

function defined(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
