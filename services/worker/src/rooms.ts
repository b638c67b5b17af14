import { tenantRoom, type TenantBounds } from "@zygo/core";
import type { Group } from "./group.ts";
import type { Instance } from "./instance.ts";
import { VERDICTS, type Verdict } from "./verdict.ts";

/** A version that nobody asked for in this long is forgotten, milliseconds. */
const FORGET_MS = 60_000;

/** All groups of the worker, and the room that its instances share. */
export class Rooms {
  readonly #maxInstances: number;
  readonly #groups = new Map<string, Group>();
  readonly #demands = new Map<Group, number>();
  /** Of each tenant: what its groups demand in all, and what of it counts. */
  readonly #tenants = new Map<string, { demand: number; counted: number }>();
  readonly #boundsOf: (tenant: string) => TenantBounds;
  /** Groups whose waiters found no room, oldest first. */
  readonly #starved = new Set<Group>();
  #demand = 0;
  #scheduled = false;

  constructor(maxInstances: number, boundsOf: (tenant: string) => TenantBounds) {
    this.#maxInstances = maxInstances;
    this.#boundsOf = boundsOf;
  }

  /** Instances that invocations occupy or wait for. What waits behind a tenant's own quota does not count: it holds up nobody else. */
  get demand(): number {
    return this.#demand;
  }

  get groups(): Iterable<Group> {
    return this.#groups.values();
  }

  get pressure(): { waiting: number; starting: number } {
    let [waiting, starting] = [0, 0];
    for (const group of this.#groups.values()) {
      waiting += group.waiting;
      starting += group.starting;
    }
    return { waiting, starting };
  }

  find(name: string, digest: string): Group | undefined {
    return this.#groups.get(key(name, digest));
  }

  add(group: Group): void {
    this.#groups.set(key(group.name, group.digest), group);
  }

  remove(group: Group): void {
    this.#groups.delete(key(group.name, group.digest));
    this.#starved.delete(group);
  }

  boundsOf(tenant: string): TenantBounds {
    return this.#boundsOf(tenant);
  }

  changed(group: Group): void {
    const more = group.demand - (this.#demands.get(group) ?? 0);
    if (group.demand === 0) this.#demands.delete(group);
    else this.#demands.set(group, group.demand);
    if (more !== 0) this.#count(group.tenant, more);
  }

  /** Quotas changed: waiters may have room now, or less count. */
  recount(): void {
    for (const tenant of this.#tenants.keys()) this.#count(tenant, 0);
    for (const group of this.#groups.values()) group.pump();
  }

  /**
   * For how many instances more there is room, up to `wanted`; other versions' idle ones end for it, the least recently used first.
   * A group that gets less is pumped again when there is more.
   */
  makeRoom(wanted: number, asker: Group): number {
    const allowed = this.#makeTenantRoom(wanted, asker);
    let free = this.#maxInstances - this.#size();
    while (free < allowed) {
      const victim = this.#leastRecentlyUsed(asker);
      if (victim === undefined) break;
      victim.end(VERDICTS.idle);
      free++;
    }
    const room = Math.max(0, Math.min(free, allowed));
    if (room < wanted) this.#starved.add(asker);
    return room;
  }

  /** Somewhere an instance became idle or ended. */
  freed(): void {
    if (this.#starved.size === 0 || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const starved = [...this.#starved];
      this.#starved.clear();
      for (const group of starved) group.pump();
    });
  }

  /** For how many instances more of the group there is room, with nothing ended for them. */
  roomFor(asker: Group): number {
    const ofTenant = tenantRoom(this.#heldBy(asker.tenant), asker.memoryMb, this.#boundsOf(asker.tenant));
    return Math.max(0, Math.min(this.#maxInstances - this.#size(), ofTenant));
  }

  sweep(now: number): void {
    for (const group of this.#groups.values()) {
      group.tend(now);
      if (group.unused && now - group.lastUsedAt > FORGET_MS) this.remove(group);
    }
  }

  close(verdict: Verdict): void {
    for (const group of this.#groups.values()) group.endAll(verdict);
  }

  #count(tenant: string, more: number): void {
    const before = this.#tenants.get(tenant) ?? { demand: 0, counted: 0 };
    const demand = before.demand + more;
    const counted = Math.min(demand, this.#boundsOf(tenant).instances ?? demand);
    this.#demand += counted - before.counted;
    if (demand === 0) this.#tenants.delete(tenant);
    else this.#tenants.set(tenant, { demand, counted });
  }

  /** As `makeRoom`, for what the tenant's quotas leave: its other versions' idle instances end for it. */
  #makeTenantRoom(wanted: number, asker: Group): number {
    const bounds = this.#boundsOf(asker.tenant);
    if (bounds.instances === null && bounds.memoryMb === null) return wanted;
    for (;;) {
      const room = tenantRoom(this.#heldBy(asker.tenant), asker.memoryMb, bounds);
      const victim = room < wanted ? this.#leastRecentlyUsed(asker, asker.tenant) : undefined;
      if (victim === undefined) return Math.min(room, wanted);
      victim.end(VERDICTS.idle);
    }
  }

  #heldBy(tenant: string): { instances: number; memoryMb: number } {
    const held = { instances: 0, memoryMb: 0 };
    for (const group of this.#groups.values()) {
      if (group.tenant !== tenant) continue;
      held.instances += group.size;
      held.memoryMb += group.size * group.memoryMb;
    }
    return held;
  }

  #size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.size;
    return size;
  }

  #leastRecentlyUsed(asker: Group, tenant?: string): Instance | undefined {
    let oldest: Instance | undefined;
    for (const group of this.#groups.values()) {
      const spared = group === asker || (tenant !== undefined && group.tenant !== tenant);
      const candidate = spared ? undefined : group.oldestIdle();
      if (candidate !== undefined && (oldest === undefined || candidate.lastUsedAt < oldest.lastUsedAt)) oldest = candidate;
    }
    return oldest;
  }
}

const key = (name: string, digest: string): string => `${name}@${digest}`;
