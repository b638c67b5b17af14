import { createHash } from "node:crypto";
import { chmod, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { FnError } from "@zygo/contracts";
import { blobFolder } from "./artifacts.ts";
import { streamBlob } from "./blobs.ts";
import { hexOf } from "./digest.ts";
import { removeStale, syncDirectory, temporaryName } from "./durable-file.ts";
import { BUNDLE_FILE } from "./layer.ts";
import { unpackLayer } from "./unpack.ts";

export interface Wanted {
  /** The artifact layout's directory. */
  artifacts: string;
  /** Directory of the unpacked layers. */
  layers: string;
  layer: string;
  /** Put beside the bundle, as `main.cjs.map` or `main.mjs.map`. */
  sourceMap: string | null;
}

const swept = new Set<string>();

/**
 * Unpacks a layer, once: `<layers>/<64 hex>/app/main.cjs`, directories 0755, files 0644. Already there: returned at once. Several
 * callers at a time, in several processes, get the same directory; it appears whole.
 * @returns the directory that holds `app/`.
 * @throws FnError INVALID_BUNDLE when the archive is hostile, INTERNAL when a blob is missing or damaged.
 */
export async function materialise({ artifacts, layers, layer, sourceMap }: Wanted): Promise<string> {
  const target = join(layers, layerName(layer, sourceMap));
  if (await isDirectory(target)) return target;
  await prepare(layers);
  const temporary = temporaryName(layers);
  try {
    await mkdir(temporary, { mode: 0o700 });
    await unpackLayer(streamBlob(blobFolder(artifacts), layer), temporary);
    if (sourceMap !== null) await addSourceMap(blobFolder(artifacts), sourceMap, join(temporary, "app"));
    await openToReaders(temporary);
    await publish(temporary, target);
    await syncDirectory(layers);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return target;
}

/** 64 hex digits: the layer's own, or those of the pair. */
export function layerName(layer: string, sourceMap: string | null): string {
  const own = hexOf(layer);
  return sourceMap === null
    ? own
    : createHash("sha256")
        .update(`${own}\n${hexOf(sourceMap)}`)
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

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}
