import { UsageError } from "./failure.ts";

/** `data:/data`, `data:/data:ro`. @throws UsageError */
export function readVolume(text: string): { name: string; path: string; readOnly?: boolean } {
  const match = /^([^:]+):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
  if (match === null) throw new UsageError(`--volume ${text}: write name:/path, or name:/path:ro`);
  const [, name = "", path = "", mode] = match;
  return { name, path, ...(mode === "ro" ? { readOnly: true } : {}) };
}
