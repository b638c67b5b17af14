/** What a template is worth keeping for. */
export interface TemplateWorth {
  /** What a start without it takes longer, milliseconds: the load of the module. */
  savedMs: number;
  /** Starts of the version of late, a second. */
  perSecond: number;
  memoryBytes: number;
}

const MIB = 1024 * 1024;
/** A version that is called once a day is still worth more than nothing: among those, the costly load wins. */
const LEAST_PER_SECOND = 1 / 86_400;

/**
 * Milliseconds that a MiB of the template saves in a second: (load time saved × recent rate) / memory. Under memory pressure the
 * templates of least value go first. Retired versions are worth nothing.
 */
export function templateValue({ savedMs, perSecond, memoryBytes }: TemplateWorth): number {
  return (savedMs * Math.max(perSecond, LEAST_PER_SECOND)) / Math.max(1, memoryBytes / MIB);
}

/** Which templates to drop so that those that stay fit into the budget: the least valuable first. */
export function templatesToDrop<T extends TemplateWorth>(templates: readonly T[], budgetBytes: number): T[] {
  let held = templates.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const dropped: T[] = [];
  for (const template of [...templates].sort((a, b) => templateValue(a) - templateValue(b))) {
    if (held <= budgetBytes) break;
    dropped.push(template);
    held -= template.memoryBytes;
  }
  return dropped;
}

/** Memory that the host keeps free of templates, as a share of all. */
const RESERVED = 0.1;

/** What templates may hold together: a quarter of the machine, and less as the machine runs short. */
export function templateBudgetBytes(given: { heldBytes: number; availableBytes: number; totalBytes: number }): number {
  const spare = given.availableBytes - given.totalBytes * RESERVED;
  return Math.max(0, Math.min(given.totalBytes / 4, given.heldBytes + spare));
}
