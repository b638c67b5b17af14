import { FnError, NO_QUOTAS, type Quotas } from "@zygo/contracts";
import { tenantOf } from "@zygo/contracts/names";
import type { QuotaSource } from "@zygo/store";
import type { Log } from "@zygo/service";
import type { Group } from "./group.ts";
import type { Rooms } from "./rooms.ts";
import { readVersion, type VersionSource } from "./versions.ts";

/** Quotas of the tenants whose functions this worker runs. What was read last holds until what changed has been read. */
export class TenantQuotas {
  readonly #source: Pick<QuotaSource, "tenant">;
  readonly #known = new Map<string, Quotas>();

  constructor(source: Pick<QuotaSource, "tenant">) {
    this.#source = source;
  }

  /** Of a tenant that was learnt. */
  of(tenant: string): Quotas {
    return this.#known.get(tenant) ?? NO_QUOTAS;
  }

  /** Reads them unless they are known. @throws FnError FUNCTION_NOT_FOUND when there is no such tenant, QUEUE_UNAVAILABLE */
  async learn(tenant: string): Promise<void> {
    if (!this.#known.has(tenant)) await this.#read(tenant);
  }

  /** Reads those again that are known, of one tenant or of all. */
  async renew(tenant: string | null, log: Log): Promise<void> {
    const stale = [...this.#known.keys()].filter((known) => tenant === null || known === tenant);
    const reading = stale.map((known) =>
      this.#read(known).catch((error: unknown) => log.warn("quotas not read", { tenant: known, error })),
    );
    await Promise.all(reading);
  }

  async #read(tenant: string): Promise<void> {
    const record = await this.#source.tenant(tenant);
    if (record === null) throw new FnError("FUNCTION_NOT_FOUND");
    this.#known.set(tenant, record.quotas);
  }
}

/**
 * Follows changes of quotas, which hold from the next start on, and of secrets: versions that ask for one load anew, and their instances
 * are replaced without cutting anyone off. @returns a function that ends it.
 */
export function followTenants(
  source: Pick<QuotaSource, "onAccessChanged">,
  given: { rooms: Rooms; quotas: TenantQuotas; versions: VersionSource; log: Log },
): () => void {
  const { rooms, quotas, versions, log } = given;
  const loadAnew = async (group: Group): Promise<void> => {
    try {
      group.renew(await readVersion(versions, group.name, group.digest));
    } catch (error) {
      log.warn("secrets not read anew", { function: group.name, error });
    }
  };
  return source.onAccessChanged((changed) => {
    const [what, tenant = null] = changed?.split(" ") ?? [];
    if (changed === null || what === "tenant") void quotas.renew(tenant, log).then(() => rooms.recount());
    if (changed !== null && what !== "secrets") return;
    for (const group of rooms.groups)
      if (group.asksForSecrets && (tenant === null || tenantOf(group.name) === tenant)) void loadAnew(group);
  });
}
