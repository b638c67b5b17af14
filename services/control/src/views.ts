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
import type { Context } from "./context.ts";

/** What of the installation shows in views. */
type Site = Pick<Context, "publicUrl" | "defaultAuth">;

export const functionUrl = (publicUrl: string, id: string): string => `${publicUrl}/fn/${id}`;

/** A version without the values of its environment, by the name that its tenant knows it by. */
export function viewVersion({ env, ...rest }: VersionRecord): VersionView {
  return { ...rest, function: localName(rest.function), envNames: Object.keys(env).sort() };
}

/** @throws FnError INTERNAL when the live version is not among those given. */
export function viewFunction(record: FunctionRecord, versions: readonly VersionRecord[], site: Site): FunctionSummary {
  const live = versions.find((version) => version.version === record.aliases[LIVE_ALIAS]);
  if (live === undefined) throw new FnError("INTERNAL", `The live version of '${record.name}' is missing`);
  return {
    ...record,
    name: localName(record.name),
    url: functionUrl(site.publicUrl, record.name),
    auth: live.limits.auth ?? site.defaultAuth,
    live: viewVersion(live),
  };
}

/** Null for a function that went away meanwhile. */
export async function summarise(store: Store, record: FunctionRecord, site: Site): Promise<FunctionSummary | null> {
  const live = await store.version(record.name, record.aliases[LIVE_ALIAS] ?? "");
  if (live === null && (await store.find(record.name)) === null) return null;
  return viewFunction(record, live === null ? [] : [live], site);
}

export const noFunction = (id: string): FnError => new FnError("FUNCTION_NOT_FOUND", `There is no function '${localName(id)}'`);

/** @throws FnError FUNCTION_NOT_FOUND */
export async function requireFunction(store: Store, name: string): Promise<FunctionRecord> {
  const record = await store.find(name);
  if (record === null) throw noFunction(name);
  return record;
}

/** @throws FnError FUNCTION_NOT_FOUND */
export async function detail(store: Store, name: string, site: Site): Promise<FunctionDetail> {
  const [record, versions] = await Promise.all([requireFunction(store, name), store.listVersions(name)]);
  return { ...viewFunction(record, versions, site), versions: versions.map(viewVersion) };
}
