import { FnError, shortVersion, volumeImage, type VersionRecord } from "@zygo/contracts";
import { encodeJson, FrameType, type LoadPayload } from "@zygo/contracts/frames";
import { localName, tenantOf } from "@zygo/contracts/names";
import type { SandboxLimits, SandboxVolume } from "@zygo/sandbox";
import type { InsideTenant } from "./inside.ts";
import { redactor, type Redact } from "./redact.ts";

const MIB = 1024 * 1024;

/** What of a version is needed to load it into a sandbox; a probe has it before there is a record. */
export type Loadable = Pick<VersionRecord, "function" | "version" | "layer" | "sourceMap" | "dependencies" | "format" | "env" | "limits">;

/** A version whose layer is unpacked on this machine. */
export interface ReadyVersion {
  record: Loadable;
  short: string;
  /** Host directory that holds `app/`. */
  layer: string;
  /** Host directory that holds `app/node_modules/`. */
  dependencies: string | undefined;
  limits: SandboxLimits;
  volumes: readonly SandboxVolume[];
  /** Inside name of its sandboxes. */
  hostname: string;
  /** The encoded `load` frame: with the values of its secrets. */
  loadFrame: Buffer;
  /** Takes those values out of a text. */
  redact: Redact;
}

export interface VersionSource {
  version(name: string, digest: string): Promise<VersionRecord | null>;
  materialise(wanted: Pick<VersionRecord, "layer" | "sourceMap" | "dependencies">): Promise<string>;
  materialiseDependencies(digest: string): Promise<string>;
  /** Name → value. @throws FnError FUNCTION_LOAD_FAILED when one is missing */
  secrets(id: string, names: readonly string[]): Promise<Record<string, string>>;
}

/** @throws FnError VERSION_NOT_FOUND, or INTERNAL when its artifact cannot be unpacked. */
export async function readVersion(source: VersionSource, name: string, digest: string): Promise<ReadyVersion> {
  const record = await source.version(name, digest);
  if (record === null) throw new FnError("VERSION_NOT_FOUND");
  return prepareVersion(source, record);
}

export async function prepareVersion(source: Omit<VersionSource, "version">, record: Loadable): Promise<ReadyVersion> {
  const [layer, dependencies, secrets] = await Promise.all([
    source.materialise({ layer: record.layer, sourceMap: record.sourceMap, dependencies: record.dependencies }),
    typeof record.dependencies === "string" ? source.materialiseDependencies(record.dependencies) : undefined,
    record.limits.secrets.length === 0 ? {} : source.secrets(record.function, record.limits.secrets),
  ]);
  const { limits } = record;
  return {
    record,
    short: shortVersion(record.version),
    layer,
    dependencies,
    limits: sandboxLimits(limits),
    volumes: limits.volumes.map(({ name, path, readOnly = false }) => ({
      image: volumeImage(tenantOf(record.function), name),
      path,
      readOnly,
    })),
    hostname: localName(record.function),
    loadFrame: encodeJson(FrameType.load, 0, loadPayload(record, secrets)),
    redact: redactor(secrets),
  };
}

/** What the kernel is to enforce of a version's limits. */
export function sandboxLimits(limits: VersionRecord["limits"]): SandboxLimits {
  const { cpu, pids, tmpFiles, openFiles } = limits;
  return {
    memoryBytes: limits.memoryMb * MIB,
    cpu,
    pids,
    tmpBytes: limits.tmpMb * MIB,
    tmpFiles,
    openFiles,
    diskBytesPerSecond: limits.diskMbPerSecond * MIB,
    network: { policy: limits.network, mbps: limits.networkMbps },
  };
}

function loadPayload(record: Loadable, secrets: Record<string, string>): LoadPayload {
  return {
    function: localName(record.function),
    version: record.version,
    file: record.format === "cjs" ? "/app/main.cjs" : "/app/main.mjs",
    format: record.format,
    env: { ...secrets, ...record.env },
    hasSourceMap: record.sourceMap !== null,
    memoryBytes: record.limits.memoryMb * MIB,
    hostname: localName(record.function),
  };
}

/** How many invocations an instance of the version serves in its life. */
export function lifetimeOf(reuse: VersionRecord["limits"]["reuse"]): number {
  if (reuse === "always") return Number.POSITIVE_INFINITY;
  return reuse === "never" ? 1 : reuse;
}

/** Whose sandbox an instance of it is in. */
export const tenantOfVersion = ({ record }: ReadyVersion): InsideTenant => ({
  function: record.function,
  version: record.version,
  network: record.limits.network,
});
