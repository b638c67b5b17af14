import { canonicalJson, digestOf, requireDependencies, type StoredVersion } from "@zygo/artifacts";
import { FnError, LIVE_ALIAS, type DeployResult, type VersionRecord } from "@zygo/contracts";
import { localName } from "@zygo/contracts/names";
import type { Context } from "./context.ts";
import { requirePermitted } from "./limits.ts";
import { meansOf, type TenantMeans } from "./tenant-checks.ts";
import { tryVersion } from "./trial.ts";
import type { Upload } from "./upload.ts";
import { functionUrl } from "./views.ts";

/** `name`: the function's id. */
type Deployment = Upload & { name: string; signal: AbortSignal };
export type DeployContext = Pick<Context, "store" | "artifacts" | "volumes" | "prober" | "log" | "publicUrl" | "now" | "permitted">;

/**
 * Makes a version of an upload and, once it has loaded in a real sandbox, the live one. Whatever fails before the alias moves leaves
 * the old version serving. A version that was proven before is not loaded again. One deploy of a name at a time: the caller sees to it.
 * @throws FnError; the signal's reason when the caller leaves before the alias moves.
 */
export async function deploy(context: DeployContext, deployment: Deployment): Promise<DeployResult> {
  const { name, signal } = deployment;
  signal.throwIfAborted();
  const startedMs = performance.now();
  if (deployment.dependencies !== null) await requireDependencies(deployment.dependencies);
  const stored = await context.artifacts.putVersion({ ...deployment, format: deployment.meta.format, config: configBlob(deployment) });
  const storedMs = performance.now();
  const means = await meansOf(context, name);
  const known = await context.store.version(name, stored.version);
  if (known !== null) means.check(known.limits, known.env);
  const record = known ?? (await prove(context, { ...deployment, means }, stored));
  const provenMs = performance.now();
  signal.throwIfAborted();
  const changed = await makeLive(context, record);
  context.log.info("deployed", {
    function: name,
    version: record.version,
    changed,
    bundleBytes: record.bundleBytes,
    artifactMs: storedMs - startedMs,
    proveMs: provenMs - storedMs,
    aliasMs: performance.now() - provenMs,
  });
  return toResult(record, changed, context.publicUrl);
}

/** What besides the bundle makes a version. The environment is told apart by its digest: its values do not travel with the artifact. */
function configBlob({ meta }: Upload): unknown {
  return { format: meta.format, overrides: meta.overrides, env: digestOf(canonicalJson(meta.env)) };
}

async function prove(
  { store, prober, now, permitted }: DeployContext,
  deployment: Deployment & { means: TenantMeans },
  stored: StoredVersion,
): Promise<VersionRecord> {
  const { name, meta, bundle, means, signal } = deployment;
  const { format, env, overrides, external, entry } = meta;
  const proven = await tryVersion(prober, { function: name, ...stored, format, env, overrides, external, means }, signal);
  requirePermitted(proven.limits, permitted);
  const record: VersionRecord = { function: name, ...stored, ...proven, format, env, entry, bundleBytes: bundle.length, createdMs: now() };
  await store.putVersion(record);
  return record;
}

async function makeLive({ store }: DeployContext, { function: name, version }: VersionRecord): Promise<boolean> {
  if ((await store.find(name))?.aliases[LIVE_ALIAS] === version) return false;
  try {
    await store.moveAlias({ name, alias: LIVE_ALIAS, version });
    return true;
  } catch (cause) {
    if (!(cause instanceof FnError) || cause.code !== "VERSION_NOT_FOUND") throw cause;
    throw new FnError("CONFLICT", `'${localName(name)}' was deleted while it was deployed`, { cause });
  }
}

function toResult(record: VersionRecord, changed: boolean, publicUrl: string): DeployResult {
  const { function: name, version, bundleBytes, startup, limits, handlers } = record;
  return { function: localName(name), version, changed, url: functionUrl(publicUrl, name), bundleBytes, startup, limits, handlers };
}
