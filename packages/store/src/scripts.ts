import { readdirSync, readFileSync } from "node:fs";
import type { Result } from "ioredis";

/** The transitions in `lua/`, one file each, as ioredis wants them. The number in a file's name is its count of keys. */
export function loadScripts(): Record<string, { lua: string; numberOfKeys: number }> {
  const folder = new URL("./lua/", import.meta.url);
  return Object.fromEntries(
    readdirSync(folder).map((file) => {
      const { name, keys } = parseScriptName(file);
      return [name, { lua: readFileSync(new URL(file, folder), "utf8"), numberOfKeys: keys }];
    }),
  );
}

/** `move-alias-2.lua` → `{ name: "moveAlias", keys: 2 }`. @throws Error on another shape of name. */
export function parseScriptName(file: string): { name: string; keys: number } {
  const match = /^([a-z]+(?:-[a-z]+)*)-(\d)\.lua$/.exec(file);
  if (match?.[1] === undefined) throw new Error(`not a script name: ${file}`);
  return { name: match[1].replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), keys: Number(match[2]) };
}

declare module "ioredis" {
  interface RedisCommander<Context> {
    moveAlias(
      functionsKey: string,
      versionsKey: string,
      tenantsKey: string,
      name: string,
      alias: string,
      digest: string,
      nowMs: number,
      channel: string,
      tenant: string,
    ): Result<string, Context>;
    removeTenant(
      functionsKey: string,
      tenantsKey: string,
      apiKeysKey: string,
      apiKeyUsesKey: string,
      secretsKey: string,
      rateKey: string,
      tenant: string,
      channel: string,
    ): Result<number, Context>;
    appendLogs(logsKey: string, mostLines: number, mostBytes: number, ...lines: string[]): Result<null, Context>;
    takeRequests(rateKey: string, intervalMicros: number, burst: number, wanted: number): Result<number[], Context>;
    claimSlot(
      slotsKey: string,
      timesKey: string,
      claimsKey: string,
      slotMs: number,
      nowMs: number,
      leaseMs: number,
      member: string,
      kept: number,
    ): Result<number, Context>;
    recordSlot(
      slotsKey: string,
      timesKey: string,
      claimsKey: string,
      openKey: string,
      stateKey: string,
      slotMs: number,
      record: string,
      member: string,
      kept: number,
      open: "open" | "closed",
      failures: "0" | "+" | "=",
      last: string,
    ): Result<number, Context>;
    deleteFunction(...keysNameChannelAndPrefixes: string[]): Result<number, Context>;
  }
}
