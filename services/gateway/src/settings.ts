import { homePaths, type HomePaths } from "@zygo/contracts";
import type { DurabilityTier } from "@zygo/queue";
import { defaultAuth, platformVariables, SHARED_VARIABLES, type LogLevel } from "@zygo/service";
import { z } from "zod";
import type { JobsOptions } from "./jobs/jobs.ts";

const DAY_MS = 86_400_000;

const Variables = z.strictObject({
  ...SHARED_VARIABLES,
  /** Attempts of asynchronous invocations that run at a time. */
  FN_JOB_SLOTS: z.coerce.number().int().min(1).max(1000).default(64),
  /** Batches of messages that run at a time. */
  FN_BATCH_SLOTS: z.coerce.number().int().min(1).max(1000).default(32),
  /** 1: results may be sent to private and loopback addresses. */
  FN_PRIVATE_DESTINATIONS: z.enum(["0", "1"]).default("0"),
  /** Days that a settled invocation can be asked for, and how many are kept. */
  FN_KEEP_INVOCATIONS_DAYS: z.coerce.number().min(0.01).max(366).default(1),
  FN_KEEP_INVOCATIONS: z.coerce.number().int().min(100).default(100_000),
  /** Days that a dead letter is kept, and how many of each function. */
  FN_KEEP_DEAD_DAYS: z.coerce.number().min(0.01).max(366).default(14),
  FN_KEEP_DEAD: z.coerce.number().int().min(10).default(10_000),
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
  /** Of the async lane. */
  jobsRedisUrl: string;
  durability: DurabilityTier;
  jobs: Pick<JobsOptions, "slots" | "batchSlots" | "allowPrivateDestinations" | "retention">;
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
    jobsRedisUrl: given.REDIS_URL ?? paths.jobsRedisSocket,
    durability: given.FN_DURABILITY,
    jobs: {
      slots: given.FN_JOB_SLOTS,
      batchSlots: given.FN_BATCH_SLOTS,
      allowPrivateDestinations: given.FN_PRIVATE_DESTINATIONS === "1",
      retention: {
        settledMs: given.FN_KEEP_INVOCATIONS_DAYS * DAY_MS,
        mostSettled: given.FN_KEEP_INVOCATIONS,
        deadMs: given.FN_KEEP_DEAD_DAYS * DAY_MS,
        mostDead: given.FN_KEEP_DEAD,
      },
    },
    logLevel: given.FN_LOG_LEVEL,
    defaultAuth: defaultAuth(given),
    openMetrics: given.FN_ENV !== "production",
  };
}
