import { FnError, NO_QUOTAS, TenantRecord, type Quotas } from "@zygo/contracts";
import { DEFAULT_TENANT } from "@zygo/contracts/names";
import type { Redis } from "ioredis";
import { answered } from "./connection.ts";
import { ACCESS_CHANNEL, keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

/** What a rate limit says to one batch of requests. */
export interface Granted {
  /** How many of the wanted pass. */
  granted: number;
  /** How many more would. */
  remaining: number;
  /** Until one more would, milliseconds; 0 while some remain. */
  retryMs: number;
  /** Until the whole burst is there again, milliseconds. */
  resetMs: number;
}

export interface Tenants {
  /** Null: there is none of that name. The tenant `default` is always there. */
  tenant(name: string): Promise<TenantRecord | null>;
  /** By name; `default` among them. */
  listTenants(): Promise<TenantRecord[]>;
  /** False: the name is taken. */
  createTenant(name: string, quotas: Quotas): Promise<boolean>;
  /** Of a tenant that is there. */
  setQuotas(name: string, quotas: Quotas): Promise<TenantRecord>;
  /**
   * Keys and secrets of the tenant go with it. False: there was none.
   * @throws FnError IN_USE while it has functions
   */
  removeTenant(name: string): Promise<boolean>;
  /** Takes up to `wanted` requests from the tenant's rate. Atomic over all gateways, by the clock of Redis. */
  takeRequests(tenant: string, rate: { perSecond: number; burst: number }, wanted: number): Promise<Granted>;
}

const ALWAYS: TenantRecord = { name: DEFAULT_TENANT, createdMs: 0, quotas: NO_QUOTAS };

export function createTenants(redis: Redis, now: () => number): Tenants {
  const read = async (name: string): Promise<TenantRecord | null> => {
    const json = await answered(redis.hget(keys.tenants, name));
    if (json === null) return name === DEFAULT_TENANT ? ALWAYS : null;
    return parseStored(TenantRecord, json, keys.tenants);
  };
  return {
    tenant: read,
    async listTenants() {
      const all = (await answered(redis.hvals(keys.tenants))).map((json) => parseStored(TenantRecord, json, keys.tenants));
      if (!all.some(({ name }) => name === DEFAULT_TENANT)) all.push(ALWAYS);
      return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async createTenant(name, quotas) {
      if (name === DEFAULT_TENANT) return false;
      const record: TenantRecord = { name, createdMs: now(), quotas };
      if ((await answered(redis.hsetnx(keys.tenants, name, JSON.stringify(record)))) === 0) return false;
      await answered(redis.publish(ACCESS_CHANNEL, `tenant ${name}`));
      return true;
    },
    async setQuotas(name, quotas) {
      const before = await read(name);
      if (before === null) throw new FnError("NOT_FOUND", `There is no tenant '${name}'`);
      const record = { ...before, quotas };
      await answered(redis.hset(keys.tenants, name, JSON.stringify(record)));
      await answered(redis.publish(ACCESS_CHANNEL, `tenant ${name}`));
      return record;
    },
    async removeTenant(name) {
      const { functions, tenants, apiKeys, apiKeyUses, secrets, rate } = keys;
      const held = await answered(
        redis.removeTenant(functions, tenants, apiKeys, apiKeyUses, secrets(name), rate(name), name, ACCESS_CHANNEL),
      );
      if (held > 0) throw new FnError("IN_USE", `The tenant '${name}' has ${held} function${held === 1 ? "" : "s"}: delete them first`);
      return held === 0;
    },
    async takeRequests(tenant, { perSecond, burst }, wanted) {
      const reply = await answered(redis.takeRequests(keys.rate(tenant), 1_000_000 / perSecond, burst, wanted));
      const [granted = 0, remaining = 0, retryMs = 0, resetMs = 0] = reply;
      return { granted, remaining, retryMs, resetMs };
    },
  };
}
