import { FnError, FunctionRecord, VersionRecord } from "@zygo/contracts";
import { tenantOf } from "@zygo/contracts/names";
import type { Redis } from "ioredis";
import { answered } from "./connection.ts";
import { CHANGED_CHANNEL, keys } from "./keys.ts";
import { parseStored } from "./parse.ts";

/** Functions, their versions and aliases. */
export interface Functions {
  find(name: string): Promise<FunctionRecord | null>;
  /** All of them or a tenant's, by name. */
  list(tenant?: string): Promise<FunctionRecord[]>;
  version(name: string, digest: string): Promise<VersionRecord | null>;
  /** Newest first. Empty for a function that does not exist. */
  listVersions(name: string): Promise<VersionRecord[]>;
  /** Versions are immutable: false when this digest was there already, and then nothing changes. */
  putVersion(record: VersionRecord): Promise<boolean>;
  /**
   * Atomic. Creates the function's record when it has none and the alias is `live`. Tells `onChanged` everywhere.
   * @throws FnError FUNCTION_NOT_FOUND, VERSION_NOT_FOUND; for a new function NOT_FOUND (no such tenant), QUOTA_EXCEEDED
   */
  moveAlias(move: { name: string; alias: string; version: string }): Promise<FunctionRecord>;
  /** Record, versions, log, schedules with their slots, and webhooks. False when there was no such function. */
  deleteFunction(name: string): Promise<boolean>;
}

export function createFunctions(redis: Redis, now: () => number): Functions {
  return {
    async find(name) {
      const json = await answered(redis.hget(keys.functions, name));
      return json === null ? null : parseStored(FunctionRecord, json, keys.functions);
    },
    async list(tenant) {
      const all = Object.entries(await answered(redis.hgetall(keys.functions)));
      const wanted = all.filter(([name]) => tenant === undefined || tenantOf(name) === tenant);
      const records = wanted.map(([, json]) => parseStored(FunctionRecord, json, keys.functions));
      return records.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async version(name, digest) {
      const json = await answered(redis.hget(keys.versions(name), digest));
      return json === null ? null : parseStored(VersionRecord, json, keys.versions(name));
    },
    async listVersions(name) {
      const all = await answered(redis.hvals(keys.versions(name)));
      const records = all.map((json) => parseStored(VersionRecord, json, keys.versions(name)));
      return records.sort((a, b) => b.createdMs - a.createdMs);
    },
    async putVersion(record) {
      return (await answered(redis.hsetnx(keys.versions(record.function), record.version, JSON.stringify(record)))) === 1;
    },
    async moveAlias({ name, alias, version }) {
      const reply = await answered(
        redis.moveAlias(keys.functions, keys.versions(name), keys.tenants, name, alias, version, now(), CHANGED_CHANNEL, tenantOf(name)),
      );
      if (reply === "NO_FUNCTION") throw new FnError("FUNCTION_NOT_FOUND", `There is no function '${name}'`);
      if (reply === "NO_VERSION") throw new FnError("VERSION_NOT_FOUND", `'${name}' has no version ${version}`);
      if (reply === "NO_TENANT") throw new FnError("NOT_FOUND", `There is no tenant '${tenantOf(name)}'`);
      if (reply.startsWith("QUOTA ")) throw tooMany(tenantOf(name), Number(reply.slice("QUOTA ".length)));
      return parseStored(FunctionRecord, reply, keys.functions);
    },
    async deleteFunction(name) {
      const whole = [keys.functions, keys.versions(name), keys.logs(name), keys.schedules, keys.slotClaims, keys.openSlots, keys.webhooks];
      const prefixes = [keys.scheduleState(name, ""), keys.slots(name, ""), keys.slotTimes(name, "")];
      return (await answered(redis.deleteFunction(...whole, name, CHANGED_CHANNEL, ...prefixes))) === 1;
    },
  };
}

const tooMany = (tenant: string, most: number): FnError =>
  new FnError("QUOTA_EXCEEDED", `The tenant '${tenant}' may have ${most} function${most === 1 ? "" : "s"}, and has: delete one first`);
