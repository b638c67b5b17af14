import { DEFAULT_LIMITS, type VersionRecord } from "@zygo/contracts";

/** `sha256:<64 hex>` that starts with the given digits. */
export const digest = (start: string): string => `sha256:${start.padEnd(64, "0")}`;

export function versionRecord(name: string, start: string, createdMs = 1_764_000_000_000): VersionRecord {
  return {
    function: name,
    version: digest(start),
    createdMs,
    limits: DEFAULT_LIMITS,
    env: { GREETING: "hello" },
    handlers: ["fetch"],
    format: "cjs",
    bundleBytes: 100,
    layer: digest("1a"),
    sourceMap: null,
    startup: { totalMs: 5.5, loadMs: 1.25 },
    entry: "hello.ts",
  };
}
