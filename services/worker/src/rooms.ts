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
  /** Groups whose waiters found no room, oldest first. */
  readonly #starved = new Set<Group>();
  #demand = 0;
  #scheduled = false;

  constructor(maxInstances: number) {
    this.#maxInstances = maxInstances;
  }

  /** Instances that invocations occupy or wait for. */
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

  changed(group: Group): void {
    this.#demand += group.demand - (this.#demands.get(group) ?? 0);
    if (group.demand === 0) this.#demands.delete(group);
    else this.#demands.set(group, group.demand);
  }

  /**
   * For how many instances more there is room, up to `wanted`; other versions' idle ones end for it, the least recently used first.
   * A group that gets less is pumped again when there is more.
   */
  makeRoom(wanted: number, asker: Group): number {
    let free = this.#maxInstances - this.#size();
    while (free < wanted) {
      const victim = this.#leastRecentlyUsed(asker);
      if (victim === undefined) break;
      victim.end(VERDICTS.idle);
      free++;
    }
    if (free < wanted) this.#starved.add(asker);
    return Math.max(0, Math.min(free, wanted));
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

  /** For how many instances more there is room, with nothing ended for them. */
  get room(): number {
    return Math.max(0, this.#maxInstances - this.#size());
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

  #size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.size;
    return size;
  }

  #leastRecentlyUsed(asker: Group): Instance | undefined {
    let oldest: Instance | undefined;
    for (const group of this.#groups.values()) {
      const candidate = group === asker ? undefined : group.oldestIdle();
      if (candidate !== undefined && (oldest === undefined || candidate.lastUsedAt < oldest.lastUsedAt)) oldest = candidate;
    }
    return oldest;
  }
}

const key = (name: string, digest: string): string => `${name}@${digest}`;
