import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Location, Message } from "esbuild";
import type { BundleMessage } from "./errors.ts";
import { contains, upwards } from "./project.ts";
import type { Project } from "./project.ts";

/** esbuild's words, checked by this package's tests: its messages carry no code for these two. */
const UNRESOLVED = /^Could not resolve /;
const NO_BASE_CONFIG = /^Cannot find base config file /;

/** esbuild's message in our shape, with what to do about it. */
export function toBundleMessage(message: Message, project: Project): BundleMessage {
  const { location, text } = message;
  const notes = message.notes.filter((note) => note.location !== null).map((note) => note.text);
  const hint = hintFor(message, project) ?? (notes.length > 0 ? notes.join(" ") : undefined);
  const found = location === null ? { file: null, line: 0, column: 0, length: 0, lineText: "" } : place(location, project.root);
  return { ...found, text, ...(hint === undefined ? {} : { hint }) };
}

/** esbuild only warns of a tsconfig whose base is missing, and would go on with other settings than the developer's editor. */
export const isFatalWarning = ({ text, location }: Message): boolean =>
  NO_BASE_CONFIG.test(text) && !(location?.file.includes("node_modules/") ?? false);

/** Whether the only thing wrong is top-level await, which CommonJS cannot have: that is what such an error points at. */
export const onlyTopLevelAwait = (errors: Message[]): boolean => errors.length > 0 && errors.every((error) => pointedAt(error) === "await");

/** The source text that a message is about. esbuild counts in UTF-8 bytes. */
export function pointedAt({ location }: Message): string {
  if (location === null) return "";
  return Buffer.from(location.lineText).toString("utf8", location.column, location.column + location.length);
}

function place({ file, line, column, length, lineText }: Location, root: string) {
  const before = Buffer.from(lineText).toString("utf8", 0, column).length;
  const within = Buffer.from(lineText).toString("utf8", column, column + length).length;
  return { file: resolve(root, file), line, column: before + 1, length: within, lineText };
}

function hintFor(message: Message, project: Project): string | undefined {
  const specifier = /^["'`](.*)["'`]$/.exec(pointedAt(message))?.[1];
  if (specifier === undefined) return undefined;
  if (specifier.endsWith(".node") && isThere(specifier, message, project)) return NATIVE_HINT;
  if (!UNRESOLVED.test(message.text) && !NO_BASE_CONFIG.test(message.text)) return undefined;
  return isPackage(specifier)
    ? packageHint(specifier, project)
    : `Not found inside the project ${project.root}; nothing outside it can be bundled.`;
}

const NATIVE_HINT =
  "A native add-on (.node) has to come with an npm package: an installed one is left out of the bundle and travels in a layer beside it.";

/** An add-on that exists lacks a loader; one that does not is an ordinary missing file. */
function isThere(specifier: string, { text, location }: Message, { root }: Project): boolean {
  return isPackage(specifier) || !UNRESOLVED.test(text) || existsSync(resolve(root, dirname(location?.file ?? ""), specifier));
}

const isPackage = (specifier: string): boolean => /^(?:@[^/]+\/)?[a-z0-9~][^/:]*(?:\/|$)/i.test(specifier);

function packageHint(specifier: string, { root, repository }: Project): string {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const installed = upwards(root, repository)
    .map((level) => join(level, "node_modules", name))
    .find((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (installed === undefined) return `Run \`npm install ${name}\` in ${root}.`;
  if (!existsSync(installed)) return `${installed} is a dangling link: install ${name} again.`;
  const real = realpathSync(installed);
  return contains(repository, real)
    ? `${name} is installed, but offers no such module.`
    : `${installed} links to ${real}, outside the repository ${repository}.`;
}
