import { Digest, FnError, type FunctionRecord, type VersionRecord } from "@zygo/contracts";

/**
 * The digest that a caller means by a digest, the first hex digits of one, or an alias.
 * @throws FnError VERSION_NOT_FOUND; INVALID_REQUEST when the digits fit several versions.
 */
export function resolveVersion(wanted: string, record: FunctionRecord, versions: readonly VersionRecord[]): string {
  if (Object.hasOwn(record.aliases, wanted)) return record.aliases[wanted] ?? "";
  const prefix = Digest.safeParse(wanted).success ? wanted : `sha256:${wanted}`;
  const [found, ...more] = versions.map((version) => version.version).filter((digest) => digest.startsWith(prefix));
  if (found === undefined) throw new FnError("VERSION_NOT_FOUND", `'${record.name}' has no version or alias '${wanted}'`);
  if (more.length > 0)
    throw new FnError("INVALID_REQUEST", `'${wanted}' fits ${more.length + 1} versions of '${record.name}': give more digits`);
  return found;
}
