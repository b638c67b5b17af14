import { existsSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, sep } from "node:path";
import { contains, upwards } from "../project.ts";

/** What of a package.json matters here. A package is its developer's dependency, not ours: any member may be anything. */
export interface Manifest {
  name?: unknown;
  gypfile?: unknown;
  binary?: unknown;
  napi?: unknown;
  os?: unknown;
  cpu?: unknown;
  libc?: unknown;
  dependencies?: unknown;
  optionalDependencies?: unknown;
  peerDependencies?: unknown;
}

const NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/i;

/** `@scope/name` or `name` of an import; undefined when it is none of a package. */
export function packageNameOf(specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return NAME.test(name) ? name : undefined;
}

/** The package that a module in `from` gets by that name, as Node looks: its real directory. A link out of the repository leads nowhere. */
export function findPackage(name: string, from: string, repository: string): string | undefined {
  if (!contains(repository, from)) return undefined;
  for (const level of upwards(from, repository)) {
    if (level.endsWith(`${sep}node_modules`)) continue;
    const path = join(level, "node_modules", name);
    if (!existsSync(join(path, "package.json"))) continue;
    const real = realpathSync(path);
    if (contains(repository, real)) return real;
  }
  return undefined;
}

/** An empty one when it cannot be read. */
export function readManifest(directory: string): Manifest {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** Names of a manifest's member that maps packages to ranges. */
export const namesIn = (member: unknown): string[] =>
  typeof member === "object" && member !== null ? Object.keys(member).filter((name) => NAME.test(name)) : [];

/** Whoever depends on one of them finds or builds an add-on by it. */
const LOADERS = [
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "node-pre-gyp",
  "@mapbox/node-pre-gyp",
  "prebuild-install",
];

/** Whether the package, or one that it takes for this kind of machine alone, has an add-on (`.node`), or builds one. */
export function isNative(directory: string, repository: string): boolean {
  const manifest = readManifest(directory);
  if (manifest.gypfile === true || isObject(manifest.binary) || isObject(manifest.napi)) return true;
  if (namesIn(manifest.dependencies).some((name) => LOADERS.includes(name))) return true;
  if (["binding.gyp", "prebuilds", "build/Release"].some((path) => existsSync(join(directory, path)))) return true;
  return namesIn(manifest.optionalDependencies).some((name) => {
    const found = findPackage(name, directory, repository);
    return found !== undefined && Array.isArray(readManifest(found).os) && holdsAddon(found);
  });
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

/** In the directory or one directly below. */
function holdsAddon(directory: string, depth = 1): boolean {
  return readdirSync(directory, { withFileTypes: true }).some(
    (entry) => entry.name.endsWith(".node") || (depth > 0 && entry.isDirectory() && holdsAddon(join(directory, entry.name), depth - 1)),
  );
}
