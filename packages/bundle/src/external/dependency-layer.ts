import { readFile } from "node:fs/promises";
import { MAX_DEPENDENCIES_BYTES, MAX_DEPENDENCIES_ENTRIES } from "@zygo/contracts/names";
import { pack } from "tar-stream";
import { BundleError, plainMessage } from "../errors.ts";
import type { Project } from "../project.ts";
import { closureOf, TARGET, type Placed } from "./closure.ts";
import { filesOf, type PackageFile, type PackageFiles } from "./files.ts";
import type { LeftOut } from "./leave-out.ts";
import { isNative, namesIn, readManifest } from "./packages.ts";

const EPOCH = new Date(0);

/**
 * A tar of `app/node_modules/…` with these packages and all that they need, for the machines that functions run on. Its bytes depend on the
 * files alone, so functions with the same packages share it.
 * @throws BundleError when one is missing, was built for other machines, or all are too large
 */
export async function buildDependencyLayer(leftOut: LeftOut, { repository }: Project): Promise<Buffer> {
  const packages = closureOf(leftOut, repository).map((placed) => ({ placed, found: filesOf(placed) }));
  requireAddons(leftOut, packages, repository);
  const files = packages.flatMap(({ found }) => found.files);
  requireBounded(files, packages);
  const tar = pack();
  for (const { at, path } of files.sort((one, other) => (one.at < other.at ? -1 : 1))) {
    tar.entry({ name: `app/node_modules/${at}`, type: "file", mode: 0o644, uid: 0, gid: 0, mtime: EPOCH }, await readFile(path));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

type Collected = { placed: Placed; found: PackageFiles }[];

/** A package with native code is of no use without an add-on for the sandbox: its own, or one of a package that it names. */
function requireAddons(leftOut: LeftOut, packages: Collected, repository: string): void {
  for (const [name, directory] of leftOut) {
    if (!isNative(directory, repository)) continue;
    const { dependencies, optionalDependencies } = readManifest(directory);
    const near = new Set([name, ...namesIn(dependencies), ...namesIn(optionalDependencies)]);
    const found = packages.filter(({ placed }) => near.has(placed.name)).map((each) => each.found);
    if (found.some(({ addons }) => addons > 0)) continue;
    const target = `${TARGET.os}-${TARGET.cpu}`;
    const foreign = found.some((each) => each.foreign > 0);
    const text = foreign ? `${name} has add-ons for other machines alone, none for ${target}` : `${name} has no built add-on for ${target}`;
    const hint = foreign
      ? `Run \`npm install --os=${TARGET.os} --cpu=${TARGET.cpu} ${name}\`.`
      : `Run \`npm rebuild ${name}\` on ${target}.`;
    throw new BundleError([plainMessage(text, hint)]);
  }
}

function requireBounded(files: readonly PackageFile[], packages: Collected): void {
  const bytes = sizeOf(files);
  if (bytes <= MAX_DEPENDENCIES_BYTES * 0.95 && files.length <= MAX_DEPENDENCIES_ENTRIES) return;
  const largest = packages
    .map(({ placed, found }) => ({ name: placed.name, bytes: sizeOf(found.files) }))
    .sort((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map(({ name, bytes: own }) => `${name} ${mib(own)}`);
  const text = `the packages that are left out of the bundle are too large: ${files.length} files, ${mib(bytes)} (${largest.join(", ")}, …)`;
  throw new BundleError([plainMessage(text, `At most ${MAX_DEPENDENCIES_ENTRIES} files and ${mib(MAX_DEPENDENCIES_BYTES)} can be.`)]);
}

const sizeOf = (files: readonly PackageFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
