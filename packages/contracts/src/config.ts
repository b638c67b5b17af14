import { z } from "zod";
import { DEFAULT_RUNTIME, RUNTIMES } from "./names.ts";
import { NetworkPolicy } from "./network.ts";
import { Destination, DEFAULT_RETRY, Retry } from "./retry.ts";
import { VolumeMounts } from "./volumes.ts";
import { CronConfig, DEFAULT_QUEUE, QueueConfig, QueueLimits, Schedule } from "./schedule.ts";

export * from "./function-names.ts";
export * from "./retry.ts";
export * from "./schedule.ts";

/** `sha256:<64 hex>` of the version's OCI manifest. Written short as its first 12 hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;
export const shortVersion = (digest: string): string => digest.slice(7, 19);

export const Reuse = z.union([z.enum(["always", "never"]), z.int().min(1)]);

const DEFAULT_NETWORK_MBPS = 100;
const DEFAULT_RESPONSE_MB = 100;
/** Most that `openFiles` may be. */
export const MAX_OPEN_FILES = 65_536;
const DEFAULT_TMP_FILES = 4096;
const DEFAULT_OPEN_FILES = 1024;
const DEFAULT_DISK_MB_PER_SECOND = 200;
/** Names of environment variables that a function may have. `FN_` and the loader's own are the platform's, and `env.queue` sends messages. */
const EnvName = z.string().regex(/^(?!FN_|LD_|NODE_OPTIONS$|queue$)[A-Za-z_][A-Za-z0-9_]{0,127}$/, "not a name that a function may set");

/** Names of secrets: a function finds the value in its environment under it. */
export const SecretName = EnvName;

/** Of an npm package. */
export const PackageName = z
  .string()
  .max(214)
  .regex(/^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/i, "not the name of a package");

/** The entry's `config` export, as the user writes it. Every member is optional; unknown members are refused by name. */
export const FunctionConfig = z.strictObject({
  runtime: z.enum(RUNTIMES).optional(),
  /** MiB. */
  memoryMb: z.int().min(32).max(4096).optional(),
  /** Milliseconds. */
  timeoutMs: z.int().min(10).max(900_000).optional(),
  /** Cores: 0.5 is half of one. */
  cpu: z.number().min(0.05).max(64).optional(),
  pids: z.int().min(8).max(4096).optional(),
  /** MiB of /tmp. */
  tmpMb: z.int().min(1).max(4096).optional(),
  /** Files and directories in /tmp. */
  tmpFiles: z.int().min(16).max(1_000_000).optional(),
  /** Descriptors that a process may have open: files, sockets, pipes. */
  openFiles: z.int().min(64).max(MAX_OPEN_FILES).optional(),
  /** MiB/s that an instance reads from the host's disk, and as many that it writes. */
  diskMbPerSecond: z.number().min(0.1).max(100_000).optional(),
  /** MiB of an answer's body, streamed ones too. */
  responseMb: z.number().min(0.001).max(1_000_000).optional(),
  /** Invocations that one instance serves at a time. */
  concurrency: z.int().min(1).max(1000).optional(),
  minInstances: z.int().min(0).max(1000).optional(),
  maxInstances: z.int().min(1).max(10_000).optional(),
  /** Milliseconds that an idle instance is kept. */
  idleTimeoutMs: z.int().min(0).max(86_400_000).optional(),
  /** How many invocations an instance serves in its life. */
  reuse: Reuse.optional(),
  /** Instances are forked from a template of the version, when its module is fork-clean once loaded. */
  template: z.boolean().optional(),
  /** The path of a GET request that the template handles once before it freezes; null: none. */
  warmup: z
    .string()
    .regex(/^\/[!-~]{0,1023}$/, "must be a path: '/', then printable ASCII")
    .nullable()
    .optional(),
  /** What its instances reach beyond themselves and other functions. */
  network: NetworkPolicy.optional(),
  /** Mbit/s that an instance sends, and as many that it receives. */
  networkMbps: z.number().min(0.1).max(100_000).optional(),
  /** Of asynchronous invocations. */
  retry: Retry.partial().optional(),
  /** Asynchronous invocations that run at a time, over all gateways. */
  maxJobs: z.int().min(1).max(10_000).optional(),
  onSuccess: Destination.nullable().optional(),
  onFailure: Destination.nullable().optional(),
  /** Who may invoke it: anyone, or whoever has a key of its tenant; null: what is usual in the installation. */
  auth: z.enum(["public", "key"]).nullable().optional(),
  /** Names of secrets that it gets as environment variables: its own of that name, else its tenant's. */
  secrets: z
    .array(SecretName)
    .max(64)
    .refine((names) => new Set(names).size === names.length, "a name is there twice")
    .optional(),
  /** Volumes of its tenant, and where each is in its instances. */
  volumes: VolumeMounts.optional(),
  /** npm packages that are not bundled but travel beside the bundle. Written out as strings; those with native code need not be listed. */
  external: z.array(PackageName).max(64).optional(),
  /** Schedules of the `scheduled` handler. */
  cron: CronConfig.optional(),
  /** How messages reach the `queue` handler. */
  queue: QueueConfig.optional(),
});
export type FunctionConfig = z.infer<typeof FunctionConfig>;

/** What a version runs with: every member decided. Those with a default here are not in the records of older deploys. */
export const Limits = FunctionConfig.required().extend({
  tmpFiles: FunctionConfig.shape.tmpFiles.unwrap().default(DEFAULT_TMP_FILES),
  openFiles: FunctionConfig.shape.openFiles.unwrap().default(DEFAULT_OPEN_FILES),
  diskMbPerSecond: FunctionConfig.shape.diskMbPerSecond.unwrap().default(DEFAULT_DISK_MB_PER_SECOND),
  responseMb: FunctionConfig.shape.responseMb.unwrap().default(DEFAULT_RESPONSE_MB),
  template: z.boolean().default(true),
  warmup: FunctionConfig.shape.warmup.unwrap().default(null),
  network: NetworkPolicy.default("internet"),
  networkMbps: FunctionConfig.shape.networkMbps.unwrap().default(DEFAULT_NETWORK_MBPS),
  retry: Retry.default(DEFAULT_RETRY),
  maxJobs: z.int().min(1).default(100),
  onSuccess: Destination.nullable().default(null),
  onFailure: Destination.nullable().default(null),
  auth: FunctionConfig.shape.auth.unwrap().default(null),
  secrets: FunctionConfig.shape.secrets.unwrap().default([]),
  volumes: VolumeMounts.default([]),
  external: z.array(PackageName).default([]),
  cron: z.array(Schedule).default([]),
  queue: QueueLimits.default(DEFAULT_QUEUE),
});
export type Limits = z.infer<typeof Limits>;

export const DEFAULT_LIMITS: Limits = {
  runtime: DEFAULT_RUNTIME,
  memoryMb: 128,
  timeoutMs: 30_000,
  cpu: 1,
  pids: 64,
  tmpMb: 64,
  tmpFiles: DEFAULT_TMP_FILES,
  openFiles: DEFAULT_OPEN_FILES,
  diskMbPerSecond: DEFAULT_DISK_MB_PER_SECOND,
  responseMb: DEFAULT_RESPONSE_MB,
  concurrency: 1,
  minInstances: 0,
  maxInstances: 100,
  idleTimeoutMs: 60_000,
  reuse: "always",
  template: true,
  warmup: null,
  network: "internet",
  networkMbps: DEFAULT_NETWORK_MBPS,
  retry: DEFAULT_RETRY,
  maxJobs: 100,
  onSuccess: null,
  onFailure: null,
  auth: null,
  secrets: [],
  volumes: [],
  external: [],
  cron: [],
  queue: DEFAULT_QUEUE,
};

/** Environment variables of a function. */
export const Env = z.record(EnvName, z.string().max(32 * 1024));
