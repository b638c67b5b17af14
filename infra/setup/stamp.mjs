import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { STAMPS } from "./paths.mjs";

/** Larger files (the Node binaries) are told apart by size and time: reading them would cost a second at each start. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024;

/**
 * A stamp says what a step's output was made from: the files it read and whatever else decides the result.
 *
 * @typedef {{ files: string[], extra: string[] }} Inputs
 */

/** @param {string} name */
const stampFile = (name) => join(STAMPS, `${name}.json`);

/**
 * True when the output was made from these very inputs. A file that is gone counts as a change.
 *
 * @param {string} name
 * @param {string[]} extra What decides the result besides the recorded files.
 * @param {string[]} outputs Paths that must still be there.
 */
export function isFresh(name, extra, outputs) {
  const stamp = readStamp(name);
  return stamp !== undefined && outputs.every((path) => existsSync(path)) && digest({ files: stamp.files, extra }) === stamp.digest;
}

/**
 * Records what the output was made from. To be called after the output is in place, with inputs read before it was made.
 *
 * @param {string} name
 * @param {Inputs} inputs
 */
export function writeStamp(name, inputs) {
  mkdirSync(dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), JSON.stringify({ files: inputs.files, digest: digest(inputs) }));
}

/**
 * Every file below a directory, sorted, without the folders named in `skip`.
 *
 * @param {string} directory
 * @param {string[]} skip
 * @returns {string[]}
 */
export function filesBelow(directory, skip = []) {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (skip.includes(entry.name)) return [];
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(path, skip) : [path];
    });
}

/**
 * @param {string} name
 * @returns {{ files: string[], digest: string } | undefined} undefined when there is none, or it is damaged
 */
function readStamp(name) {
  try {
    return JSON.parse(readFileSync(stampFile(name), "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {Inputs} inputs */
function digest({ files, extra }) {
  const hash = createHash("sha256").update(JSON.stringify(extra));
  for (const file of files) hash.update(`\0${file}\0`).update(fingerprint(file));
  return hash.digest("hex");
}

/** @param {string} file */
function fingerprint(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return "gone";
  return stat.size > MAX_HASHED_BYTES ? `${stat.size} ${stat.mtimeMs}` : readFileSync(file);
}
