import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { removeStale, syncDirectory, temporaryName, writeDurably } from "./durable-file.ts";

const NAME = /^[A-Za-z0-9_-]{1,160}\.[a-z]{1,16}$/;

/** Bodies of asynchronous invocations that are too large for Redis: one file each, as long as the invocation's record is kept. */
export interface Payloads {
  /** Durable when it resolves; the same name again replaces it whole. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Null: there is none. */
  get(name: string): Promise<Buffer | null>;
  /** Nothing happens when there is none. */
  remove(name: string): Promise<void>;
  /** Names of what was written before `beforeMs`, epoch milliseconds. */
  olderThan(beforeMs: number): Promise<string[]>;
}

/** Opens the folder, and makes it when there is none. Several processes may share it. */
export async function openPayloads(folder: string): Promise<Payloads> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeStale(folder, Date.now());
  const path = (name: string): string => {
    if (!NAME.test(name)) throw new Error("not the name of a payload");
    return join(folder, name);
  };
  return {
    async put(name, bytes) {
      await writeDurably(
        temporaryName(folder),
        () => path(name),
        (file) => file.writeFile(bytes),
      );
      await syncDirectory(folder);
    },
    get: async (name) => await readFile(path(name)).catch(nullWhenMissing),
    remove: async (name) => await rm(path(name), { force: true }),
    async olderThan(beforeMs) {
      const names = (await readdir(folder)).filter((name) => NAME.test(name));
      const times = await Promise.all(names.map(async (name) => (await stat(path(name)).catch(nullWhenMissing))?.mtimeMs ?? Infinity));
      return names.filter((_, at) => (times[at] ?? Infinity) < beforeMs);
    },
  };
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
