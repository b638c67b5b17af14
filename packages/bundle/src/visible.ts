import { lstatSync, readdirSync, realpathSync } from "node:fs";
import type { Dirent } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { contains, upwards } from "./project.ts";
import type { Project } from "./project.ts";

/**
 * What the bundler may read, outer before inner, none inside another: the project root; `node_modules`, package.json and tsconfig
 * files of each directory from there up to the repository's root; and, for links in those `node_modules` to workspace packages of the same
 * repository, these packages on the same terms. A link out of the repository is not followed: what it points to stays unseen.
 * Of a home directory, what begins with a dot is left out: keys and credentials are kept there.
 */
export function visiblePaths({ root, repository }: Project): string[] {
  const seen = new Set<string>();
  const packages = [root];
  for (let directory = packages.pop(); directory !== undefined; directory = packages.pop()) {
    if (seen.has(directory)) continue;
    seen.add(directory);
    for (const level of upwards(directory, repository)) {
      for (const path of level === directory ? [join(level, "node_modules")] : sharedOf(level)) {
        if (seen.has(path)) continue;
        seen.add(path);
        if (path.endsWith("node_modules")) packages.push(...linkedPackages(path, repository));
      }
    }
  }
  return outermost([...seen].flatMap((path) => (path === homedir() ? undotted(path) : path)).filter((path) => exists(path)));
}

function undotted(home: string): string[] {
  return entriesOf(home)
    .filter(({ name }) => !name.startsWith("."))
    .map(({ name }) => join(home, name));
}

/** What a directory above a package lends it. Regular files and directories alone: a link could lead anywhere. */
function sharedOf(directory: string): string[] {
  return entriesOf(directory)
    .filter((entry) =>
      entry.isDirectory() ? entry.name === "node_modules" : entry.isFile() && /^(?:package|tsconfig[^/]*)\.json$/.test(entry.name),
    )
    .map((entry) => join(directory, entry.name));
}

function linkedPackages(nodeModules: string, repository: string): string[] {
  const found: string[] = [];
  for (const entry of entriesOf(nodeModules)) {
    const path = join(nodeModules, entry.name);
    if (entry.isDirectory() && entry.name.startsWith("@")) found.push(...linkedPackages(path, repository));
    if (!entry.isSymbolicLink()) continue;
    const target = realOrNull(path);
    if (target !== null && target !== repository && contains(repository, target)) found.push(target);
  }
  return found;
}

function outermost(paths: string[]): string[] {
  const kept: string[] = [];
  for (const path of paths.sort((a, b) => a.length - b.length)) {
    if (!kept.some((outer) => contains(outer, path))) kept.push(path);
  }
  return kept;
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // Unreadable or absent: nothing to show from it.
  }
}

function exists(path: string): boolean {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info !== undefined && !info.isSymbolicLink();
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null; // A dangling link.
  }
}
