import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FnError, MAX_BUNDLE_BYTES } from "@zygo/contracts";
import { MAX_DEPENDENCIES_BYTES, MAX_DEPENDENCIES_ENTRIES } from "@zygo/contracts/names";
import { extract, type Extract, type ExtractEvents, type Header } from "tar-stream";

type Entry = ExtractEvents["entry"][1];

/** What a layer may hold. */
export interface LayerRules {
  /** All is below this directory. */
  below: string;
  /** Files and directories. */
  entries: number;
  /** Of all files. */
  bytes: number;
}
export const FUNCTION_LAYER: LayerRules = { below: "app", entries: 4096, bytes: MAX_BUNDLE_BYTES };
export const DEPENDENCY_LAYER: LayerRules = {
  below: "app/node_modules",
  entries: MAX_DEPENDENCIES_ENTRIES,
  bytes: MAX_DEPENDENCIES_BYTES,
};

const MAX_NAME_BYTES = 512;

/** Open flags of a file that must not exist, in whatever shape: no link is followed. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Unpacks a layer below a new, empty directory that nobody else writes to. The archive is hostile: only plain files and directories
 * where the rules want them, each once, within their bounds; owner and mode of its entries are ignored.
 * @throws FnError INVALID_BUNDLE. What was written until then is the caller's to remove.
 */
export async function unpackLayer(tar: AsyncIterable<Buffer>, directory: string, rules = FUNCTION_LAYER): Promise<void> {
  const budget = new Budget(rules);
  await eachEntry(tar, async (entry) => {
    const path = join(directory, budget.take(entry.header));
    if (entry.header.type === "directory") return void (entry.resume(), await makeDirectory(path));
    await makeDirectory(dirname(path));
    await writeEntry(entry, path);
  });
}

/** Reads a layer to its end without unpacking it. @throws FnError INVALID_BUNDLE */
export async function checkLayer(tar: AsyncIterable<Buffer>, rules: LayerRules): Promise<void> {
  const budget = new Budget(rules);
  const files = new Set<string>();
  await eachEntry(tar, async (entry) => {
    const path = budget.take(entry.header);
    if (entry.header.type === "file" && files.size === files.add(path).size) throw refused("it holds a path twice");
    for await (const _ of entry);
  });
  if (files.size === 0) throw refused("it holds no file");
}

class Budget {
  readonly #rules: LayerRules;
  #entries: number;
  #bytes: number;

  constructor(rules: LayerRules) {
    this.#rules = rules;
    this.#entries = rules.entries;
    this.#bytes = rules.bytes;
  }

  /** The entry's path. @throws FnError INVALID_BUNDLE */
  take(header: Header): string {
    const path = checkedName(header, this.#rules.below);
    if (--this.#entries < 0) throw refused(`it holds more than ${this.#rules.entries} files`);
    this.#bytes -= header.size;
    if (this.#bytes < 0) throw refused(`its files are more than ${this.#rules.bytes} bytes`);
    return path;
  }
}

async function eachEntry(tar: AsyncIterable<Buffer>, visit: (entry: Entry) => Promise<void>): Promise<void> {
  const entries = extract();
  const feeding = feed(tar, entries);
  // Reported below; until then it must not count as unhandled.
  feeding.catch(() => {});
  try {
    for await (const entry of entries) await visit(entry);
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

/** The relative path of an entry. @throws FnError INVALID_BUNDLE */
export function checkedName({ name, type, size }: Pick<Header, "name" | "type" | "size">, below = FUNCTION_LAYER.below): string {
  if (type !== "file" && type !== "directory") throw refused(`it holds a ${String(type)}`);
  if (type === "directory" && size !== 0) throw refused("it holds a directory with content");
  const path = type === "directory" ? name.replace(/\/$/, "") : name;
  const parts = path.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\0-\x1f\x7f\\]/.test(part));
  const above = below.startsWith(`${path}/`) || below === path;
  if (!plain || !(path.startsWith(`${below}/`) || (above && type === "directory")))
    throw refused(`it holds a path that is not below ${below}/`);
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
