import {
  AuditPage,
  KeyCreated,
  KeyList,
  SecretList,
  TenantDetail,
  TenantList,
  TenantRecord,
  VolumeList,
  VolumeView,
  WhoAmI,
  type AuditLine,
  type KeyCreate,
  type KeyView,
  type Quotas,
  type SecretView,
  type VolumeCreate,
} from "@zygo/contracts";
import type { z } from "zod";
import { parseAnswer, problemOf } from "./answer.ts";
import { functionPath, namePath } from "./paths.ts";
import type { Transport } from "./transport.ts";

const CALL_MS = 15_000;

interface Abortable {
  signal?: AbortSignal | undefined;
}

/** A secret's name, and whose it is: a function's, else the tenant's. */
export interface SecretName extends Abortable {
  name: string;
  function?: string | undefined;
}

/** Keys, tenants, secrets, and who changed what. Every call throws ApiError, or the signal's reason when the caller aborts. */
export interface AccessCalls {
  whoami(options?: Abortable): Promise<WhoAmI>;
  keys(options?: Abortable): Promise<KeyView[]>;
  /** The answer holds the key: it is shown this once. */
  createKey(key: KeyCreate, options?: Abortable): Promise<KeyCreated>;
  revokeKey(id: string, options?: Abortable): Promise<void>;
  secrets(options?: Abortable): Promise<SecretView[]>;
  setSecret(secret: SecretName & { value: string }): Promise<void>;
  removeSecret(secret: SecretName): Promise<void>;
  volumes(options?: Abortable): Promise<VolumeView[]>;
  createVolume(volume: VolumeCreate, options?: Abortable): Promise<VolumeView>;
  /** And all in it. @throws ApiError IN_USE naming who has it */
  removeVolume(name: string, options?: Abortable): Promise<void>;
  tenants(options?: Abortable): Promise<TenantRecord[]>;
  tenant(name: string, options?: Abortable): Promise<TenantDetail>;
  createTenant(name: string, quotas: Partial<Quotas>, options?: Abortable): Promise<TenantRecord>;
  /** Quotas that are left out stay as they are. */
  changeTenant(name: string, quotas: Partial<Quotas>, options?: Abortable): Promise<TenantRecord>;
  removeTenant(name: string, options?: Abortable): Promise<void>;
  /** The last `limit` changes in the tenant, oldest first. */
  audit(options?: Abortable & { limit?: number | undefined }): Promise<AuditLine[]>;
}

export function accessCalls(admin: Transport): AccessCalls {
  const get = async <S extends z.ZodType>(schema: S, path: string, { signal }: Abortable = {}): Promise<z.output<S>> =>
    parseAnswer(schema, await admin.ask({ path, signal, deadlineMs: CALL_MS }));
  const ask = (method: string, path: string, { body, signal }: Abortable & { body?: unknown }) => {
    const headers = new Headers({ "content-type": "application/json" });
    return admin.ask({ path, method, signal, deadlineMs: CALL_MS, ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }) });
  };
  const run = async (method: string, path: string, given: Abortable & { body?: unknown } = {}): Promise<void> => {
    const answer = await ask(method, path, given);
    if (!answer.response.ok) throw problemOf(answer);
  };
  return {
    whoami: (options) => get(WhoAmI, "/api/whoami", options),
    keys: async (options) => (await get(KeyList, "/api/keys", options)).keys,
    createKey: async (body, { signal } = {}) => parseAnswer(KeyCreated, await ask("POST", "/api/keys", { body, signal })),
    revokeKey: (id, options) => run("DELETE", namePath("/api/keys", id), options),
    secrets: async (options) => (await get(SecretList, "/api/secrets", options)).secrets,
    setSecret: ({ value, signal, ...secret }) => run("PUT", secretPath(secret), { body: { value }, signal }),
    removeSecret: ({ signal, ...secret }) => run("DELETE", secretPath(secret), { signal }),
    volumes: async (options) => (await get(VolumeList, "/api/volumes", options)).volumes,
    createVolume: async (body, { signal } = {}) => parseAnswer(VolumeView, await ask("POST", "/api/volumes", { body, signal })),
    removeVolume: (name, options) => run("DELETE", namePath("/api/volumes", name), options),
    tenants: async (options) => (await get(TenantList, "/api/tenants", options)).tenants,
    tenant: (name, options) => get(TenantDetail, namePath("/api/tenants", name), options),
    createTenant: async (name, quotas, { signal } = {}) =>
      parseAnswer(TenantRecord, await ask("POST", "/api/tenants", { body: { name, quotas }, signal })),
    changeTenant: async (name, quotas, { signal } = {}) =>
      parseAnswer(TenantRecord, await ask("PUT", namePath("/api/tenants", name), { body: { quotas }, signal })),
    removeTenant: (name, options) => run("DELETE", namePath("/api/tenants", name), options),
    audit: async ({ limit = 100, signal } = {}) => (await get(AuditPage, `/api/audit?limit=${limit}`, { signal })).lines,
  };
}

const secretPath = ({ name, function: owner }: SecretName): string =>
  namePath(owner === undefined ? "/api/secrets" : `${functionPath(owner)}/secrets`, name);
