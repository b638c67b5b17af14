/** What a tenant's live instances may be in all, on one worker; null: no bound. */
export interface TenantBounds {
  instances: number | null;
  /** MiB, by the limits of the instances. */
  memoryMb: number | null;
}

/** Instances of one version that its own limits and its tenant's quotas allow. 0: it cannot run. */
export function instanceBound(limits: { maxInstances: number; memoryMb: number }, { instances, memoryMb }: TenantBounds): number {
  const byMemory = memoryMb === null ? limits.maxInstances : Math.floor(memoryMb / limits.memoryMb);
  return Math.min(limits.maxInstances, instances ?? limits.maxInstances, byMemory);
}

/** How many instances more, of `eachMb` MiB, a tenant may have beside those that it has. */
export function tenantRoom(held: { instances: number; memoryMb: number }, eachMb: number, bounds: TenantBounds): number {
  const byCount = bounds.instances === null ? Number.POSITIVE_INFINITY : bounds.instances - held.instances;
  const byMemory = bounds.memoryMb === null ? Number.POSITIVE_INFINITY : Math.floor((bounds.memoryMb - held.memoryMb) / eachMb);
  return Math.max(0, Math.min(byCount, byMemory));
}
