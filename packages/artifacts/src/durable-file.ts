import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

/** What a writer that was killed left behind is removed after this long, milliseconds. */
const STALE_MS = 3_600_000;

/** A path that no other writer uses, in a folder of the same file system as the target. */
export const temporaryName = (folder: string): string => join(folder, `.tmp-${randomUUID()}`);

/**
 * A file that is there whole or not at all, also after a crash or a power cut: written under a temporary name, flushed, renamed.
 * @returns what `write` returns.
 */
export async function writeDurably<T>(
  temporary: string,
  target: (result: T) => string,
  write: (file: FileHandle) => Promise<T>,
): Promise<T> {
  try {
    const file = await open(temporary, "wx", 0o644);
    let result: T;
    try {
      result = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target(result));
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes the names in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Removes temporary files and directories of writers that are gone. */
export async function removeStale(folder: string, now: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = (await readdir(folder)).filter((name) => name.startsWith(".tmp-"));
  await Promise.all(
    temporary.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null);
      if (found !== null && found.mtimeMs < now - STALE_MS) await rm(join(folder, name), { recursive: true, force: true });
    }),
  );
}
