import { lstatSync, openSync, readSync, closeSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { BundleError, plainMessage } from "../errors.ts";
import { contains } from "../project.ts";
import { TARGET, type Placed } from "./closure.ts";

export interface PackageFile {
  /** Below `node_modules`. */
  at: string;
  /** On this machine. */
  path: string;
  bytes: number;
}

export interface PackageFiles {
  files: PackageFile[];
  /** Add-ons for the machine that functions run on. */
  addons: number;
  /** Add-ons for others: left behind. */
  foreign: number;
}

/** Sources, headers and objects of an add-on, types and source maps: nothing that runs opens them. */
const NOT_RUN = /\.(?:c|cc|cpp|cxx|h|hh|hpp|o|a|d|gyp|gypi|map|md|markdown|d\.[cm]?ts|tgz)$/i;
/** ELF's numbers of machines. @source elf.h */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** A package's own files; its `node_modules`, and what begins with a dot, are left out. @throws BundleError on a link that leads out of it */
export function filesOf({ at, name, directory }: Placed): PackageFiles {
  const found: PackageFiles = { files: [], addons: 0, foreign: 0 };
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(directory, below)).sort()) {
      if (entry.startsWith(".") || entry === "node_modules") continue;
      const inside = below === "" ? entry : `${below}/${entry}`;
      const path = join(directory, inside);
      const isLink = lstatSync(path).isSymbolicLink();
      if (isLink && !contains(directory, realpathSync(path)))
        throw new BundleError([plainMessage(`${name} holds a link that leads out of it: ${inside}`, "Install the package again.")]);
      const info = statSync(path);
      if (info.isDirectory() && !isLink) walk(inside);
      else if (info.isFile() && !NOT_RUN.test(entry)) add(found, { at: `${at}/${inside}`, path, bytes: info.size });
    }
  };
  walk("");
  return found;
}

function add(found: PackageFiles, file: PackageFile): void {
  if (!/\.node$|\.so(?:\.[\d.]+)?$/.test(file.at)) return void found.files.push(file);
  const fits = machineOf(file.path) === MACHINES[TARGET.cpu];
  if (fits) found.files.push(file);
  if (file.at.endsWith(".node")) found[fits ? "addons" : "foreign"]++;
}

/** Undefined: it is not ELF. */
function machineOf(path: string): number | undefined {
  const head = Buffer.alloc(20);
  const fd = openSync(path, "r");
  try {
    const read = readSync(fd, head, 0, head.length, 0);
    return read === head.length && head.readUInt32BE(0) === 0x7f454c46 ? head.readUInt16LE(18) : undefined;
  } finally {
    closeSync(fd);
  }
}
