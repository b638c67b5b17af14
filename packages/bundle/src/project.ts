import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { BundleError, plainMessage } from "./errors.ts";

/** A function's project. Every path is absolute, and real but for the entry's last part. */
export interface Project {
  entry: string;
  /** Nearest directory upwards of the entry with a package.json, else the entry's own. */
  root: string;
  /** Nearest directory from `root` upwards with a lockfile or .git, else `root`. Nothing outside it is ever shown. */
  repository: string;
}

const REPOSITORY_MARKS = [
  ".git",
  "package-lock.json",
  "npm-shrinkwrap.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "yarn.lock",
  "bun.lock",
  "bun.lockb",
];
const ENTRY = /\.(?:[cm]?[jt]s|[jt]sx)$/;

/** @throws BundleError when the entry is no source file, or its project would be the whole machine. */
export function findProject(entry: string, projectRoot?: string): Project {
  if (!isFile(entry)) refuse(`${entry} is not a file`, "Give the path of a TypeScript or JavaScript file.");
  if (!ENTRY.test(entry))
    refuse(`${basename(entry)} is not TypeScript or JavaScript`, "An entry ends in .ts, .tsx, .mts, .js, .jsx, .mjs or .cjs.");
  const directory = realpathSync(dirname(entry));
  const root = projectRoot === undefined ? (nearest(directory, ["package.json"]) ?? directory) : realpathSync(projectRoot);
  if (root === sep) refuse("the function's project would be the whole machine", "Put the file into a directory of its own.");
  if (!contains(root, directory)) refuse(`${entry} is outside its project ${root}`, "Give a project root that holds the file.");
  return { entry: join(directory, basename(entry)), root, repository: nearest(root, REPOSITORY_MARKS) ?? root };
}

/** Whether `path` is `directory` or below it. Both absolute and normal. */
export function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** The directories from `from` up to and with `to`. */
export function upwards(from: string, to: string): string[] {
  const steps = relative(to, from).split(sep).filter(Boolean).length;
  return Array.from({ length: steps + 1 }, (_, step) => join(from, ...Array<string>(step).fill("..")));
}

function nearest(from: string, marks: string[]): string | undefined {
  return upwards(from, sep).find((directory) => directory !== sep && marks.some((mark) => existsSync(join(directory, mark))));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function refuse(text: string, hint: string): never {
  throw new BundleError([plainMessage(text, hint)]);
}
