import { homePaths, NameServers, PrivatePrefixes, type HomePaths, type Prefix } from "@zygo/contracts";
import { isSyscall } from "@zygo/sandbox";
import { platformVariables, SHARED_VARIABLES, type LogLevel } from "@zygo/service";
import { z } from "zod";
import { MAY_BE_MISSING, type MayBeMissing } from "./host-gate.ts";

const count = (low: number, high: number) => z.coerce.number().int().min(low).max(high);

const names = (list: string): string[] =>
  list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
const SyscallName = z.string().refine(isSyscall, { error: ({ input }) => `${String(input)} is not a system call of Linux` });

const Variables = z.strictObject({
  ...SHARED_VARIABLES,
  /** Instances that serve or could, of all versions together. */
  FN_MAX_INSTANCES: count(1, 10_000).default(512),
  /** Tenant-less instances kept ready for the default runtime. */
  FN_POOL_SIZE: count(0, 256).optional(),
  /** Ranges that are not public and that functions' allow-rules may name all the same: `10.1.0.0/16,192.168.7.0/24`. */
  FN_NETWORK_PRIVATE: PrivatePrefixes.prefault(""),
  /** Name servers that functions' names are looked up at; default: those of this machine. */
  FN_DNS: NameServers.optional(),
  /** Mandatory controls that this machine may lack, separated by commas. */
  FN_ALLOW_MISSING: z
    .string()
    .default("")
    .transform(names)
    .pipe(z.array(z.enum(MAY_BE_MISSING))),
  /** Instances forked ahead from an active version's template. */
  FN_SPARES: count(0, 2).default(2),
  /** System calls refused to functions beyond the policy, separated by commas. */
  FN_SECCOMP_DENY: z.string().default("").transform(names).pipe(z.array(SyscallName)),
});

export interface Settings {
  paths: HomePaths;
  slot: number;
  /** Where function-to-function calls enter: the gateway of this machine. */
  gateway: { host: string; port: number };
  redisUrl: string;
  logLevel: LogLevel;
  maxInstances: number;
  poolSize: number | undefined;
  maxSpares: number;
  seccompDenials: string[];
  allowMissing: MayBeMissing[];
  permitted: Prefix[];
  nameServers: string[];
}

const ANY_ADDRESS = new Set(["0.0.0.0", "::", "*"]);

/** @throws ZodError that names each variable that is wrong or, with an `FN_` name, unknown. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const given = Variables.parse(platformVariables(environment));
  const paths = homePaths(given.FN_HOME, given.FN_SLOT);
  return {
    paths,
    slot: given.FN_SLOT,
    gateway: { host: ANY_ADDRESS.has(given.FN_HOST) ? "127.0.0.1" : given.FN_HOST, port: given.FN_PORT },
    redisUrl: given.REDIS_URL ?? paths.redisSocket,
    logLevel: given.FN_LOG_LEVEL,
    maxInstances: given.FN_MAX_INSTANCES,
    poolSize: given.FN_POOL_SIZE,
    maxSpares: given.FN_SPARES,
    seccompDenials: given.FN_SECCOMP_DENY,
    permitted: given.FN_NETWORK_PRIVATE,
    nameServers: given.FN_DNS ?? [],
    allowMissing: given.FN_ALLOW_MISSING,
  };
}
