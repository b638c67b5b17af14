import { homePaths, type HomePaths } from "@zygo/contracts";
import { defaultAuth, platformVariables, SHARED_VARIABLES, type LogLevel } from "@zygo/service";
import { z } from "zod";

const Variables = z.strictObject({
  ...SHARED_VARIABLES,
  /** A listening socket that the supervisor opened, and keeps when this process goes. */
  FN_LISTEN_FD: z.coerce.number().int().min(3).optional(),
});

export interface Settings {
  paths: HomePaths;
  host: string;
  /** 0: the system picks one. */
  port: number;
  /** Accept from this socket in place of host and port. */
  listenFd: number | undefined;
  redisUrl: string;
  logLevel: LogLevel;
  /** Who may invoke functions whose config does not say. */
  defaultAuth: "public" | "key";
  /** `/metrics` is open to this machine. */
  openMetrics: boolean;
}

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const given = Variables.parse(platformVariables(environment));
  const paths = homePaths(given.FN_HOME, given.FN_SLOT);
  return {
    paths,
    host: given.FN_HOST,
    port: given.FN_PORT,
    listenFd: given.FN_LISTEN_FD,
    redisUrl: given.REDIS_URL ?? paths.redisSocket,
    logLevel: given.FN_LOG_LEVEL,
    defaultAuth: defaultAuth(given),
    openMetrics: given.FN_ENV !== "production",
  };
}
