import { BundleError, plainMessage } from "../errors.ts";
import type { LeftOut } from "./leave-out.ts";
import { findPackage, namesIn, readManifest, type Manifest } from "./packages.ts";

/** A package's place below `node_modules`, such as `bcrypt` or `bcrypt/node_modules/semver`. */
export interface Placed {
  at: string;
  name: string;
  /** Real. */
  directory: string;
}

/** They build an add-on, or are headers for that: nothing that runs asks for them. */
const BUILDERS = new Set(["node-addon-api", "nan", "node-gyp", "prebuild-install", "cmake-js"]);

/** What an add-on is for. Sandboxes are Linux with glibc, of the machine's processor. */
export const TARGET = { os: "linux", cpu: process.arch, libc: "glibc" } as const;

/**
 * The packages and all that they need, each where Node finds the copy that it found in the project: on top, or below whoever wants another
 * copy than is there. In order of their places.
 * @throws BundleError when one that is needed is not installed
 */
export function closureOf(leftOut: LeftOut, repository: string): Placed[] {
  const places = new Map<string, Placed>();
  const queue: Placed[] = [];
  const place = (at: string, name: string, directory: string): void => {
    const placed = { at, name, directory };
    places.set(at, placed);
    queue.push(placed);
  };
  for (const [name, directory] of [...leftOut].sort()) place(name, name, directory);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const [name, directory] of needsOf(next, repository)) {
      const there = seenFrom(next.at, name).find((at) => places.has(at));
      if (there === undefined) place(name, name, directory);
      else if (places.get(there)?.directory !== directory) place(`${next.at}/node_modules/${name}`, name, directory);
    }
  }
  return [...places.values()].sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** Installed packages that it asks for. */
function needsOf({ name: asker, directory }: Placed, repository: string): [name: string, directory: string][] {
  const manifest = readManifest(directory);
  const optional = new Set([...namesIn(manifest.optionalDependencies), ...namesIn(manifest.peerDependencies)]);
  const names = new Set([...namesIn(manifest.dependencies), ...optional]);
  return [...names].sort().flatMap((name): [string, string][] => {
    if (BUILDERS.has(name)) return [];
    const found = findPackage(name, directory, repository);
    if (found !== undefined) return isForTarget(readManifest(found)) ? [[name, found]] : [];
    if (optional.has(name)) return [];
    throw new BundleError([plainMessage(`${asker} needs ${name}, which is not installed`, "Run `npm install` in the project.")]);
  });
}

function isForTarget({ os, cpu, libc }: Manifest): boolean {
  const allows = (list: unknown, value: string): boolean => !Array.isArray(list) || list.length === 0 || list.includes(value);
  return allows(os, TARGET.os) && allows(cpu, TARGET.cpu) && allows(libc, TARGET.libc);
}

/** Places where Node looks for `name` on behalf of the package at `at`, in order. */
function seenFrom(at: string, name: string): string[] {
  const parts = at.split("/node_modules/");
  return parts.map((_, gone) => [...parts.slice(0, parts.length - gone), name].join("/node_modules/")).concat(name);
}
