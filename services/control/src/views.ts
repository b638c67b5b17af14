import {
  FnError,
  LIVE_ALIAS,
  type FunctionDetail,
  type FunctionRecord,
  type FunctionSummary,
  type VersionRecord,
  type VersionView,
} from "@zygo/contracts";
import { localName } from "@zygo/contracts/names";
import type { Store } from "@zygo/store";

export const functionUrl = (publicUrl: string, id: string): string => `${publicUrl}/fn/${id}`;

/** A version without the values of its environment, by the name that its tenant knows it by. */
export function viewVersion({ env, ...rest }: VersionRecord): VersionView {
  return { ...rest, function: localName(rest.function), envNames: Object.keys(env).sort() };
}

/** @throws FnError INTERNAL when the live version is not among those given. */
export function viewFunction(record: FunctionRecord, versions: readonly VersionRecord[], publicUrl: string): FunctionSummary {
  const live = versions.find((version) => version.version === record.aliases[LIVE_ALIAS]);
  if (live === undefined) throw new FnError("INTERNAL", `The live version of '${record.name}' is missing`);
  return { ...record, name: localName(record.name), url: functionUrl(publicUrl, record.name), live: viewVersion(live) };
}

/** Null for a function that went away meanwhile. */
export async function summarise(store: Store, record: FunctionRecord, publicUrl: string): Promise<FunctionSummary | null> {
  const live = await store.version(record.name, record.aliases[LIVE_ALIAS] ?? "");
  if (live === null && (await store.find(record.name)) === null) return null;
  return viewFunction(record, live === null ? [] : [live], publicUrl);
}

export const noFunction = (id: string): FnError => new FnError("FUNCTION_NOT_FOUND", `There is no function '${localName(id)}'`);

/** @throws FnError FUNCTION_NOT_FOUND */
export async function requireFunction(store: Store, name: string): Promise<FunctionRecord> {
  const record = await store.find(name);
  if (record === null) throw noFunction(name);
  return record;
}

/** @throws FnError FUNCTION_NOT_FOUND */
export async function detail(store: Store, name: string, publicUrl: string): Promise<FunctionDetail> {
  const [record, versions] = await Promise.all([requireFunction(store, name), store.listVersions(name)]);
  return { ...viewFunction(record, versions, publicUrl), versions: versions.map(viewVersion) };
}
