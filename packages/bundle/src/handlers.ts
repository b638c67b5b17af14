import type { Metafile } from "esbuild";
import { BundleError, plainMessage } from "./errors.ts";

const HANDLERS = ["default", "fetch", "scheduled", "queue", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const SHAPES =
  "Export one of: `export default { fetch(request, env, ctx) { … } }`, a default function, a Hono app as default, or functions named GET, POST, …, `scheduled` or `queue`";

/** The names that a build's one entry exports; null when the build has no entry output. */
export function exportsOf(metafile: Metafile): string[] | null {
  for (const { entryPoint, exports } of Object.values(metafile.outputs)) {
    if (entryPoint !== undefined) return exports;
  }
  return null;
}

export const hasHandler = (names: string[]): boolean => names.some((name) => HANDLERS.includes(name));

/** @throws BundleError always: the entry offers nothing that could answer. */
export function refuseWithoutHandler(entry: string, names: string[]): never {
  const exported = names.length === 0 ? "nothing" : `only ${names.join(", ")}`;
  throw new BundleError([plainMessage(`exports no handler (it exports ${exported})`, SHAPES, entry)]);
}
