import { readFileSync } from "node:fs";

/**
 * `external` of the entry's `config` export, read from its text: nothing of the developer's code is run here. The platform compares it with
 * what the export says once it is run, so a list that is not written out as strings is told, not missed.
 */
export function externalOf(entry: string): string[] {
  const text = readFileSync(entry, "utf8");
  const config = /\bexport\s+(?:const|let|var)\s+config\b/.exec(text);
  if (config === null) return [];
  const list = /\bexternal["']?\s*:\s*\[([^\]]*)\]/.exec(text.slice(config.index));
  return [...(list?.[1] ?? "").matchAll(/["'`]([^"'`]+)["'`]/g)].map(([, name = ""]) => name);
}
