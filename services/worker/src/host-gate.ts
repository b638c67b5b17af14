import type { HostCheck } from "@zygo/contracts";

/** Mandatory controls that a worker can be told to start without. The others it cannot do without: a step of building would fail. */
export const MAY_BE_MISSING = ["network", "kernel", "capabilities", "namespaces"] as const;
export type MayBeMissing = (typeof MAY_BE_MISSING)[number];

/** Something mandatory is missing. The message is for the operator. */
export class HostLacks extends Error {
  override name = "HostLacks";
}

/**
 * Before anything is started on this host.
 * @param checks what `lookAtHost` gave
 * @returns what it offers and lacks; what is missing and mandatory, but allowed to be, is in it
 * @throws HostLacks saying what is missing, what follows, and how to mend it
 */
export function requireHost(allowMissing: readonly MayBeMissing[], checks: readonly HostCheck[]): readonly HostCheck[] {
  const allowed: readonly string[] = allowMissing;
  const missing = checks.filter(({ ok, mandatory, name }) => mandatory && !ok && !allowed.includes(name));
  if (missing.length > 0) throw new HostLacks(missing.map(describe).join(" "));
  return checks;
}

function describe({ name, found, means, mend }: HostCheck): string {
  const waivable = (MAY_BE_MISSING as readonly string[]).includes(name);
  const choice = waivable ? ` Or set FN_ALLOW_MISSING=${name} to go without it.` : "";
  return `${name}: ${found}. ${means} ${mend ?? ""}${choice}`;
}
