import { z } from "zod";
import { DEFAULT_RUNTIME, DEFAULT_TENANT, RUNTIMES } from "./names.ts";
import { NetworkPolicy } from "./network.ts";

const LABEL = "[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?";
const LABEL_RULE = "must be 1-63 of a-z, 0-9 and '-', starting with a letter, not ending in '-'";

/** Function names: DNS labels, since `<name>.fn.internal` must resolve. */
export const FunctionName = z.string().regex(new RegExp(`^${LABEL}$`), LABEL_RULE);

/** Names of tenants: DNS labels too. */
export const TenantName = z.string().regex(new RegExp(`^${LABEL}$`), LABEL_RULE);

/** What `functionId` in names.ts makes: a function has one spelling, so never `default.<name>`. */
export const FunctionId = z
  .string()
  .regex(
    new RegExp(`^(?:(?!${DEFAULT_TENANT}\\.)${LABEL}\\.)?${LABEL}$`),
    "must be <name>, or <tenant>.<name> outside of the tenant 'default'",
  );

/** Aliases: lower case like names, but never something that could be a version, which six hex digits can. */
export const AliasName = z
  .string()
  .regex(/^(?![0-9a-f]{6,64}$)[a-z][a-z0-9-]{0,62}$/, "must be 1-63 of a-z, 0-9 and '-', not six or more hex digits alone");

export const LIVE_ALIAS = "live";

/** `sha256:<64 hex>` of the version's OCI manifest. Written short as its first 12 hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;
export const shortVersion = (digest: string): string => digest.slice(7, 19);

export const Reuse = z.union([z.enum(["always", "never"]), z.int().min(1)]);

const DEFAULT_NETWORK_MBPS = 100;
/** When and how often an asynchronous invocation that failed is tried again. */
export const Retry = z.strictObject({
  /** Tries in all. */
  attempts: z.int().min(1).max(100),
  /** Pause before the second try, milliseconds; it doubles with each further one. */
  backoffMs: z.int().min(0).max(3_600_000),
  /** The longest pause, milliseconds. */
  maxBackoffMs: z.int().min(0).max(86_400_000),
  /** No try begins later than this after the acceptance (or `runAt`), milliseconds. */
  maxAgeMs: z.int().min(1000).max(2_592_000_000),
});
export type Retry = z.infer<typeof Retry>;

export const DEFAULT_RETRY: Retry = { attempts: 4, backoffMs: 1000, maxBackoffMs: 300_000, maxAgeMs: 86_400_000 };

/** Where the result of an asynchronous invocation goes: a function, or a URL that is signed with the secret in a variable of the function. */
export const Destination = z.union([
  z.strictObject({ function: FunctionName }),
  z.strictObject({ url: z.url({ protocol: /^https?$/ }), secretEnv: z.string().min(1).max(128) }),
]);
export type Destination = z.infer<typeof Destination>;

/** Names of environment variables that a function may have. `FN_` and the loader's own are the platform's. */
const EnvName = z.string().regex(/^(?!FN_|LD_|NODE_OPTIONS$)[A-Za-z_][A-Za-z0-9_]{0,127}$/, "not a name that a function may set");

/** Names of secrets: a function finds the value in its environment under it. */
export const SecretName = EnvName;

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
});
export type FunctionConfig = z.infer<typeof FunctionConfig>;

/** What a version runs with: every member decided. Those with a default here are not in the records of older deploys. */
export const Limits = FunctionConfig.required().extend({
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
});
export type Limits = z.infer<typeof Limits>;

export const DEFAULT_LIMITS: Limits = {
  runtime: DEFAULT_RUNTIME,
  memoryMb: 128,
  timeoutMs: 30_000,
  cpu: 1,
  pids: 64,
  tmpMb: 64,
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
};

/** Environment variables of a function. */
export const Env = z.record(EnvName, z.string().max(32 * 1024));
