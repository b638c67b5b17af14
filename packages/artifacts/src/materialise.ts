import { createHash } from "node:crypto";
import { chmod, mkdir, open, readdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { FnError } from "@zygo/contracts";
import { blobFolder } from "./artifacts.ts";
import { streamBlob } from "./blobs.ts";
import { hexOf } from "./digest.ts";
import { removeStale, syncDirectory, temporaryName } from "./durable-file.ts";
import { BUNDLE_FILE } from "./layer.ts";
import { DEPENDENCY_LAYER, unpackLayer } from "./unpack.ts";

export interface Wanted {
  /** The artifact layout's directory. */
  artifacts: string;
  /** Directory of the unpacked layers. */
  layers: string;
  layer: string;
  /** Put beside the bundle, as `main.cjs.map` or `main.mjs.map`. */
  sourceMap: string | null;
  /** Layer of packages, for which the directory gets a mount point. */
  dependencies?: string | null | undefined;
}

const swept = new Set<string>();

/**
 * Unpacks a layer, once: `<layers>/<64 hex>/app/main.cjs`, directories 0755, files 0644. Already there: returned at once, and marked as
 * used now. Several callers at a time, in several processes, get the same directory; it appears whole.
 * @returns the directory that holds `app/`.
 * @throws FnError INVALID_BUNDLE when the archive is hostile, INTERNAL when a blob is missing or damaged.
 */
export async function materialise(wanted: Wanted): Promise<string> {
  const { artifacts, layers, layer, sourceMap, dependencies } = wanted;
  const blobs = blobFolder(artifacts);
  return once(layers, layerName(wanted), async (directory) => {
    await unpackLayer(streamBlob(blobs, layer), directory);
    if (sourceMap !== null) await addSourceMap(blobs, sourceMap, join(directory, "app"));
    if (typeof dependencies === "string") await mkdir(join(directory, MOUNT_POINT));
  });
}

/** The same for a layer of packages. @returns the directory that holds `app/node_modules/`. */
export async function materialiseDependencies(wanted: { artifacts: string; layers: string; dependencies: string }): Promise<string> {
  const { artifacts, layers, dependencies } = wanted;
  const tar = streamBlob(blobFolder(artifacts), dependencies);
  return once(layers, hexOf(dependencies), (directory) => unpackLayer(tar, directory, DEPENDENCY_LAYER));
}

async function once(layers: string, name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const target = join(layers, name);
  if (await markUsed(target)) return target;
  await prepare(layers);
  const temporary = temporaryName(layers);
  try {
    await mkdir(temporary, { mode: 0o700 });
    await fill(temporary);
    await openToReaders(temporary);
    await publish(temporary, target);
    await syncDirectory(layers);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return target;
}

/** Where the dependencies' layer comes. */
const MOUNT_POINT = "app/node_modules";

/** 64 hex digits: the layer's own, or those of all that the directory holds. */
export function layerName({ layer, sourceMap, dependencies }: Omit<Wanted, "artifacts" | "layers">): string {
  const own = hexOf(layer);
  const more = [...(sourceMap === null ? [] : [hexOf(sourceMap)]), ...(typeof dependencies === "string" ? [MOUNT_POINT] : [])];
  if (more.length === 0) return own;
  return createHash("sha256")
    .update([own, ...more].join("\n"))
    .digest("hex");
}

async function prepare(layers: string): Promise<void> {
  await mkdir(layers, { recursive: true, mode: 0o700 });
  if (swept.has(layers)) return;
  swept.add(layers);
  await removeStale(layers, Date.now());
}

async function addSourceMap(blobs: string, digest: string, app: string): Promise<void> {
  const present = new Set(await readdir(app));
  const bundle = Object.values(BUNDLE_FILE)
    .map((path) => path.slice("app/".length))
    .find((name) => present.has(name));
  if (bundle === undefined) throw new FnError("INVALID_BUNDLE", "The layer is refused: it holds no bundle");
  const file = await open(join(app, `${bundle}.map`), "wx", 0o644).catch((cause: unknown) => {
    throw new FnError("INVALID_BUNDLE", "The layer is refused: it holds a source map of its own", { cause });
  });
  try {
    for await (const chunk of streamBlob(blobs, digest)) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Modes whatever the umask is, and names that survive a power cut. */
async function openToReaders(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  await Promise.all(entries.map((entry) => chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)));
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  await Promise.all([...folders, directory].map(syncDirectory));
  await chmod(directory, 0o755);
}

/** Whoever is first gives the directory its name; it holds the same as ours. */
async function publish(temporary: string, target: string): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

/** False when there is no such directory. One that is used is not collected for a while. */
async function markUsed(path: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
