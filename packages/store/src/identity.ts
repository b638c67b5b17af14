import { timingSafeEqual } from "node:crypto";
import { hashOfKey, idOfKey, type KeyRecord } from "@zygo/contracts";
import { DEFAULT_TENANT, SCOPES, type Scope } from "@zygo/contracts/names";
import type { OperatorKey } from "./operator-keys.ts";

/** Whom a key speaks for. */
export interface Identity {
  tenant: string;
  /** May act for every tenant. */
  operator: boolean;
  /** Id of the key; null for the operator's. */
  key: string | null;
  name: string;
  scopes: readonly Scope[];
  /** Names of the functions that the key is good for; null: all of the tenant's. */
  functions: readonly string[] | null;
  expiresMs: number | null;
}

export interface KeySource {
  findApiKey(id: string): Promise<KeyRecord | null>;
  listKeyHashes(): Promise<Map<string, OperatorKey>>;
}

/**
 * Whom the key speaks for; null when it is not known, was revoked or has expired. Hashes are compared in constant time.
 * @throws FnError QUEUE_UNAVAILABLE
 */
export async function identify(source: KeySource, key: string, nowMs: number): Promise<Identity | null> {
  const presented = Buffer.from(hashOfKey(key), "hex");
  const id = idOfKey(key);
  const record = id === null ? null : await source.findApiKey(id);
  if (record !== null) return matches(presented, record.hash) && !isExpired(record, nowMs) ? toIdentity(record) : null;
  let operator: OperatorKey | undefined;
  for (const [hash, known] of await source.listKeyHashes()) if (matches(presented, hash)) operator = known;
  return operator === undefined ? null : operatorIdentity(operator.name);
}

export const operatorIdentity = (name: string): Identity => ({
  tenant: DEFAULT_TENANT,
  operator: true,
  key: null,
  name,
  scopes: SCOPES,
  functions: null,
  expiresMs: null,
});

export const isExpired = ({ expiresMs }: { expiresMs: number | null }, nowMs: number): boolean => expiresMs !== null && nowMs >= expiresMs;

export const mayDo = ({ scopes }: Pick<Identity, "scopes">, scope: Scope): boolean => scopes.includes(scope) || scopes.includes("admin");

function toIdentity({ id, tenant, name, scopes, functions, expiresMs }: KeyRecord): Identity {
  return { tenant, operator: false, key: id, name, scopes, functions, expiresMs };
}

function matches(presented: Buffer, hash: string): boolean {
  const bytes = Buffer.from(hash, "hex");
  return bytes.length === presented.length && timingSafeEqual(bytes, presented);
}

/** A use of a key is written down once in this long, milliseconds. */
const NOTE_MS = 60_000;

/** Notes when keys are used, coarsely: at most one write a minute for each. Never throws, never waits. */
export class KeyUses {
  readonly #touch: (id: string, atMs: number) => Promise<void>;
  readonly #notedMs = new Map<string, number>();

  constructor(touch: (id: string, atMs: number) => Promise<void>) {
    this.#touch = touch;
  }

  note({ key }: Pick<Identity, "key">, nowMs: number): void {
    if (key === null || nowMs - (this.#notedMs.get(key) ?? 0) < NOTE_MS) return;
    this.#notedMs.set(key, nowMs);
    this.#touch(key, nowMs).catch(() => this.#notedMs.delete(key));
  }

  /** Of a key that is gone: whoever has it next is noted anew. */
  forget(): void {
    this.#notedMs.clear();
  }
}
