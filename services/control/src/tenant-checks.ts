import { FnError, type Limits } from "@zygo/contracts";
import { localName, tenantOf } from "@zygo/contracts/names";
import { instanceBound } from "@zygo/core";
import type { Volumes } from "@zygo/artifacts";
import type { Store } from "@zygo/store";

/** What a function's tenant has that a version of it may ask for. */
export interface TenantMeans {
  /** Names of the secrets that it could get. */
  secrets: string[];
  /** @throws FnError INVALID_CONFIG with the secret or volume that is missing, QUOTA_EXCEEDED */
  check(limits: Pick<Limits, "secrets" | "volumes" | "memoryMb" | "maxInstances">, env: Record<string, string>): void;
}

/** @param id of a function @throws FnError NOT_FOUND when its tenant is gone */
export async function meansOf(
  { store, volumes }: { store: Pick<Store, "listSecrets" | "tenant">; volumes: Pick<Volumes, "list"> },
  id: string,
): Promise<TenantMeans> {
  const tenant = tenantOf(id);
  const [stored, record, kept] = await Promise.all([store.listSecrets(tenant), store.tenant(tenant), volumes.list(tenant)]);
  if (record === null) throw new FnError("NOT_FOUND", `There is no tenant '${tenant}'`);
  const reachable = stored.filter(({ function: owner }) => owner === null || owner === localName(id));
  const secrets = [...new Set(reachable.map(({ name }) => name))];
  return {
    secrets,
    check(limits, env) {
      const missing = limits.secrets.filter((name) => !secrets.includes(name));
      if (missing.length > 0)
        throw badMember("secrets", `there is no secret ${missing.join(", ")}: \`fn secrets set ${missing[0]}\` makes it`);
      const twice = limits.secrets.find((name) => Object.hasOwn(env, name));
      if (twice !== undefined) throw badMember("secrets", `${twice} is an environment variable too: give it one way`);
      const lost = limits.volumes.find(({ name }) => !kept.some((volume) => volume.name === name));
      if (lost !== undefined) throw badMember("volumes", `there is no volume '${lost.name}': \`fn volume create ${lost.name}\` makes it`);
      if (instanceBound(limits, record.quotas) <= 0)
        throw new FnError("QUOTA_EXCEEDED", `The quotas of the tenant '${tenant}' leave no room for an instance of ${limits.memoryMb} MiB`);
    },
  };
}

function badMember(member: "secrets" | "volumes", message: string): FnError {
  return new FnError("INVALID_CONFIG", `config.${member}: ${message}`, { extra: { issues: [{ path: [member], message }] } });
}
