import { FnError } from "@zygo/contracts";
import { localName, tenantOf } from "@zygo/contracts/names";
import type { Redis } from "ioredis";
import { z } from "zod";
import { answered } from "./connection.ts";
import { ACCESS_CHANNEL, keys } from "./keys.ts";
import { parseStored } from "./parse.ts";
import type { Sealer } from "./sealed.ts";

const StoredSecret = z.object({ sealed: z.string(), updatedMs: z.int() });

/** Whose secret it is, and its name. */
export interface SecretPlace {
  tenant: string;
  /** Name of the function within the tenant; null: every function of the tenant may ask for it. */
  function: string | null;
  name: string;
}

/** Secrets of tenants and functions, at rest sealed alone. */
export interface Secrets {
  /** `sealed`: by `sealSecret`. Instances that have the old value are replaced. */
  putSecret(place: SecretPlace, sealed: string): Promise<void>;
  /** False: there was none. */
  removeSecret(place: SecretPlace): Promise<boolean>;
  /** What a tenant has, without the values. */
  listSecrets(tenant: string): Promise<(SecretPlace & { updatedMs: number })[]>;
  /** For a function, its id given: those of these names that are its own, else its tenant's. */
  findSecrets(id: string, names: readonly string[]): Promise<(SecretPlace & { sealed: string })[]>;
  /** Those that are a function's own, when it is deleted. */
  removeSecretsOf(id: string): Promise<void>;
}

export function createSecrets(redis: Redis, now: () => number): Secrets {
  const tell = (tenant: string): Promise<unknown> => answered(redis.publish(ACCESS_CHANNEL, `secrets ${tenant}`));
  return {
    async putSecret(place, sealed) {
      await answered(redis.hset(keys.secrets(place.tenant), fieldOf(place), JSON.stringify({ sealed, updatedMs: now() })));
      await tell(place.tenant);
    },
    async removeSecret(place) {
      const removed = await answered(redis.hdel(keys.secrets(place.tenant), fieldOf(place)));
      if (removed === 1) await tell(place.tenant);
      return removed === 1;
    },
    async listSecrets(tenant) {
      const all = Object.entries(await answered(redis.hgetall(keys.secrets(tenant))));
      return all
        .map(([field, json]) => ({ ...placeOf(tenant, field), updatedMs: parseStored(StoredSecret, json, keys.secrets(tenant)).updatedMs }))
        .sort((a, b) => (fieldOf(a) < fieldOf(b) ? -1 : 1));
    },
    async findSecrets(id, names) {
      if (names.length === 0) return [];
      const tenant = tenantOf(id);
      const places = names.flatMap((name) => [localName(id), null].map((owner) => ({ tenant, function: owner, name })));
      const stored = await answered(redis.hmget(keys.secrets(tenant), ...places.map(fieldOf)));
      const found = places.flatMap((place, at) => {
        const json = stored[at];
        return json ? [{ ...place, sealed: parseStored(StoredSecret, json, keys.secrets(tenant)).sealed }] : [];
      });
      return found.filter((each, at) => found.findIndex(({ name }) => name === each.name) === at);
    },
    async removeSecretsOf(id) {
      const tenant = tenantOf(id);
      const own = (await answered(redis.hkeys(keys.secrets(tenant)))).filter((field) => placeOf(tenant, field).function === localName(id));
      if (own.length > 0) await answered(redis.hdel(keys.secrets(tenant), ...own));
    },
  };
}

export const sealSecret = (sealer: Sealer, place: SecretPlace, value: string): string => sealer.seal(value, contextOf(place));

/**
 * The values of a function's secrets, name → value.
 * @throws FnError FUNCTION_LOAD_FAILED that names those that are missing; INTERNAL when one cannot be opened
 */
export async function openSecrets(
  secrets: Pick<Secrets, "findSecrets">,
  sealer: Sealer,
  wanted: { id: string; names: readonly string[] },
): Promise<Record<string, string>> {
  const found = await secrets.findSecrets(wanted.id, wanted.names);
  const missing = wanted.names.filter((name) => !found.some((each) => each.name === name));
  if (missing.length > 0)
    throw new FnError("FUNCTION_LOAD_FAILED", `The function's secret ${missing.join(", ")} is missing: \`fn secrets set\` makes it.`);
  return Object.fromEntries(found.map(({ sealed, ...place }) => [place.name, sealer.open(sealed, contextOf(place))]));
}

/** One secret of a function or, if it has none of that name, of its tenant; null: there is none. @throws FnError INTERNAL when it cannot be opened */
export async function openSecret(
  secrets: Pick<Secrets, "findSecrets">,
  sealer: Sealer,
  { id, name }: { id: string; name: string },
): Promise<string | null> {
  const [found] = await secrets.findSecrets(id, [name]);
  return found === undefined ? null : sealer.open(found.sealed, contextOf(found));
}

const fieldOf = ({ function: owner, name }: SecretPlace): string => (owner === null ? name : `${owner}/${name}`);

function placeOf(tenant: string, field: string): SecretPlace {
  const slash = field.indexOf("/");
  return slash < 0 ? { tenant, function: null, name: field } : { tenant, function: field.slice(0, slash), name: field.slice(slash + 1) };
}

/** Bound to its place: one place's sealed value cannot be passed off as another's. */
const contextOf = (place: SecretPlace): string => `secret:${place.tenant}:${fieldOf(place)}`;
