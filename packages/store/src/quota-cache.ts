import type { Quotas, TenantRecord } from "@zygo/contracts";
import type { AccessListener } from "./changes.ts";

export interface QuotaSource {
  tenant(name: string): Promise<TenantRecord | null>;
  onAccessChanged(listener: AccessListener): () => void;
}

/** Quotas of tenants, remembered until the store tells of a change. A change that comes during a read keeps it from being remembered. */
export class QuotaCache {
  readonly #source: QuotaSource;
  readonly #known = new Map<string, Quotas>();
  #generation = 0;

  constructor(source: QuotaSource) {
    this.#source = source;
    source.onAccessChanged((changed) => {
      if (changed !== null && !changed.startsWith("tenant ")) return;
      this.#generation++;
      this.#known.clear();
    });
  }

  /** Undefined: they have to be read. */
  remembered(tenant: string): Quotas | undefined {
    return this.#known.get(tenant);
  }

  /** Null: there is no such tenant. @throws FnError QUEUE_UNAVAILABLE */
  async resolve(tenant: string): Promise<Quotas | null> {
    const generation = this.#generation;
    const quotas = (await this.#source.tenant(tenant))?.quotas ?? null;
    if (generation === this.#generation && quotas !== null) this.#known.set(tenant, quotas);
    return quotas;
  }
}
