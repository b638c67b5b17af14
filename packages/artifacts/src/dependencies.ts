import { checkLayer, DEPENDENCY_LAYER } from "./unpack.ts";

/**
 * A tar of packages, as a deploy brings it: plain files below `app/node_modules/`, each once, within MAX_DEPENDENCIES_BYTES and
 * MAX_DEPENDENCIES_ENTRIES. @throws FnError INVALID_BUNDLE
 */
export async function requireDependencies(tar: Buffer): Promise<void> {
  await checkLayer(chunksOf(tar), DEPENDENCY_LAYER);
}

const CHUNK_BYTES = 1024 * 1024;

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield await Promise.resolve(bytes.subarray(at, at + CHUNK_BYTES));
}
