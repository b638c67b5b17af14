import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FnError, MAX_BUNDLE_BYTES } from "@zygo/contracts";
import { extract, type Extract, type ExtractEvents, type Header } from "tar-stream";

type Entry = ExtractEvents["entry"][1];

/** Files and directories in a layer. */
const MAX_ENTRIES = 4096;
const MAX_NAME_BYTES = 512;

/** Open flags of a file that must not exist, in whatever shape: no link is followed. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Unpacks a layer below a new, empty directory that nobody else writes to. The archive is hostile: only plain files and directories
 * below `app/`, each once, at most MAX_BUNDLE_BYTES of content; owner and mode of its entries are ignored.
 * @throws FnError INVALID_BUNDLE. What was written until then is the caller's to remove.
 */
export async function unpackLayer(tar: AsyncIterable<Buffer>, directory: string): Promise<void> {
  const entries = extract();
  const feeding = feed(tar, entries);
  // Reported below; until then it must not count as unhandled.
  feeding.catch(() => {});
  const budget = { entries: MAX_ENTRIES, bytes: MAX_BUNDLE_BYTES };
  try {
    for await (const entry of entries) await unpackEntry(entry, directory, budget);
  } catch (error) {
    await feeding;
    throw error instanceof FnError ? error : refused("it is not a tar", error);
  }
  await feeding;
}

/** Rejects with what the source throws; what the parser throws is for its reader to meet. */
async function feed(tar: AsyncIterable<Buffer>, entries: Extract): Promise<void> {
  const closed = new Promise<void>((resolve) => entries.once("close", resolve));
  try {
    for await (const chunk of tar) {
      if (entries.destroyed) return;
      if (!entries.write(chunk)) await Promise.race([closed, new Promise<void>((resolve) => entries.once("drain", resolve))]);
    }
    entries.end(null);
  } catch (error) {
    entries.destroy(error as Error);
    throw error;
  }
}

async function unpackEntry(entry: Entry, directory: string, budget: { entries: number; bytes: number }): Promise<void> {
  const name = checkedName(entry.header);
  budget.entries -= 1;
  budget.bytes -= entry.header.size;
  if (budget.entries < 0) throw refused(`it holds more than ${MAX_ENTRIES} files`);
  if (budget.bytes < 0) throw refused(`its files are more than ${MAX_BUNDLE_BYTES} bytes`);
  const path = join(directory, name);
  if (entry.header.type === "directory") {
    entry.resume();
    await makeDirectory(path);
  } else {
    await makeDirectory(dirname(path));
    await writeEntry(entry, path);
  }
}

/** The relative path of an entry. @throws FnError INVALID_BUNDLE */
export function checkedName({ name, type, size }: Pick<Header, "name" | "type" | "size">): string {
  if (type !== "file" && type !== "directory") throw refused(`it holds a ${String(type)}`);
  if (type === "directory" && size !== 0) throw refused("it holds a directory with content");
  const path = type === "directory" ? name.replace(/\/$/, "") : name;
  const parts = path.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\0-\x1f\x7f\\]/.test(part));
  if (!plain || parts[0] !== "app" || (parts.length === 1 && type === "file")) throw refused("it holds a path that is not below app/");
  if (Buffer.byteLength(path) > MAX_NAME_BYTES) throw refused("it holds a path that is too long");
  return path;
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw refused("a file is in the place of a directory", cause);
  }
}

async function writeEntry(entry: Entry, path: string): Promise<void> {
  const file = await open(path, NEW_FILE, 0o644).catch((cause: unknown) => {
    throw refused("it holds a path twice", cause);
  });
  try {
    for await (const chunk of entry) await file.writeFile(chunk as Buffer);
    await file.sync();
  } finally {
    await file.close();
  }
}

const refused = (reason: string, cause?: unknown): FnError => new FnError("INVALID_BUNDLE", `The layer is refused: ${reason}`, { cause });
