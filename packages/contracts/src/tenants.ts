import { z } from "zod";
import { FunctionName, SecretName, TenantName } from "./config.ts";
import { SCOPES } from "./names.ts";

const most = (high: number) => z.int().min(0).max(high).nullable();

/** What a tenant may use at most; null: as much as there is. 0 of something means none of it, so no instances: nothing runs. */
export const Quotas = z.strictObject({
  functions: most(100_000),
  /** Live instances, on each worker. */
  instances: most(10_000),
  /** MiB that live instances may use together by their limits, on each worker. */
  memoryMb: most(100_000_000),
  /** Invocations a second, over all functions and gateways. */
  requestsPerSecond: z.number().positive().max(1_000_000).nullable(),
  /** Invocations that may come at once after a pause; null: as many as a second allows. */
  burst: z.int().min(1).max(1_000_000).nullable(),
  /** MiB of volumes. */
  storageMb: most(1_000_000_000),
});
export type Quotas = z.infer<typeof Quotas>;

export const NO_QUOTAS: Quotas = {
  functions: null,
  instances: null,
  memoryMb: null,
  requestsPerSecond: null,
  burst: null,
  storageMb: null,
};

export const TenantRecord = z.object({ name: TenantName, createdMs: z.int(), quotas: Quotas });
export type TenantRecord = z.infer<typeof TenantRecord>;

export const TenantCreate = z.strictObject({ name: TenantName, quotas: Quotas.partial().prefault({}) });
/** What is left out stays as it is. */
export const TenantChange = z.strictObject({ quotas: Quotas.partial() });
/** `GET /api/tenants/<tenant>`. */
export const TenantDetail = TenantRecord.extend({ functions: z.int(), keys: z.int(), secrets: z.int() });
export type TenantDetail = z.infer<typeof TenantDetail>;
export const TenantList = z.object({ tenants: z.array(TenantRecord) });

const Scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .transform((scopes) => SCOPES.filter((scope) => scopes.includes(scope)));

/** A key as it is stored: never itself. */
export const KeyRecord = z.object({
  id: z.string(),
  tenant: TenantName,
  name: z.string(),
  /** SHA-256 of the whole key, hex. */
  hash: z.string(),
  scopes: Scopes,
  /** The functions that it is good for; null: all of the tenant's. */
  functions: z.array(FunctionName).nullable(),
  createdMs: z.int(),
  expiresMs: z.int().nullable(),
});
export type KeyRecord = z.infer<typeof KeyRecord>;

export const KeyCreate = z.strictObject({
  /** For people: what uses the key. */
  name: z.string().trim().min(1).max(100),
  scopes: Scopes,
  functions: z.array(FunctionName).min(1).max(100).nullable().default(null),
  /** Milliseconds from now; null: it does not expire. */
  expiresInMs: z
    .int()
    .min(1000)
    .max(10 * 366 * 86_400_000)
    .nullable()
    .default(null),
});
export type KeyCreate = z.input<typeof KeyCreate>;

export const KeyView = KeyRecord.omit({ hash: true }).extend({
  /** To about a minute; null: not since it was made. */
  lastUsedMs: z.int().nullable(),
});
export type KeyView = z.infer<typeof KeyView>;
export const KeyList = z.object({ keys: z.array(KeyView) });
/** The only time that the key itself is shown. */
export const KeyCreated = KeyView.extend({ key: z.string() });
export type KeyCreated = z.infer<typeof KeyCreated>;

/** `GET /api/whoami`. */
export const WhoAmI = z.object({
  tenant: TenantName,
  /** May act for every tenant. */
  operator: z.boolean(),
  /** Id of the key; the operator's has none. */
  key: z.string().nullable(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  functions: z.array(FunctionName).nullable(),
  expiresMs: z.int().nullable(),
  quotas: Quotas,
});
export type WhoAmI = z.infer<typeof WhoAmI>;

/** One change of the installation: who made it, to what, and how it ended. */
export const AuditLine = z.object({
  id: z.string(),
  time: z.number(),
  /** Id of the key, or `operator`. */
  who: z.string(),
  tenant: z.string(),
  /** `DELETE /api/functions/{name}`. */
  operation: z.string(),
  /** The path as it was called. */
  path: z.string(),
  status: z.int(),
  requestId: z.string(),
});
export type AuditLine = z.infer<typeof AuditLine>;
export const AuditPage = z.object({ lines: z.array(AuditLine) });
export const AuditQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

export const SecretSet = z.strictObject({
  value: z
    .string()
    .min(1)
    .max(32 * 1024),
});
/** A secret as it is shown: never its value. */
export const SecretView = z.object({
  name: SecretName,
  /** Whose it is; null: any function of the tenant may ask for it. */
  function: FunctionName.nullable(),
  updatedMs: z.int(),
});
export type SecretView = z.infer<typeof SecretView>;
export const SecretList = z.object({ secrets: z.array(SecretView) });
