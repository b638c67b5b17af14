import { join, resolve, sep } from "node:path";
import type { Metafile, Plugin } from "esbuild";
import type { Project } from "../project.ts";
import { findPackage, isNative, packageNameOf } from "./packages.ts";

/** Packages that a bundle does not hold: name → real directory. */
export type LeftOut = Map<string, string>;

/** Leaves imports of packages with native code, and of those that are `wanted`, as they are, and notes them. */
export function leaveOut({ repository }: Project, wanted: ReadonlySet<string>, leftOut: LeftOut): Plugin {
  const native = new Map<string, boolean>();
  const isOut = (name: string, directory: string): boolean => {
    if (wanted.has(name)) return true;
    const known = native.get(directory) ?? isNative(directory, repository);
    native.set(directory, known);
    return known;
  };
  return {
    name: "leave-out",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir }) => {
        const name = kind === "entry-point" ? undefined : packageNameOf(path);
        const directory = name === undefined ? undefined : findPackage(name, resolveDir, repository);
        if (name === undefined || directory === undefined || !isOut(name, directory)) return undefined;
        const other = leftOut.get(name);
        if (other !== undefined && other !== directory) {
          const text = `Two copies of ${name} are wanted, and one alone can be left out of the bundle: ${other} and ${directory}`;
          return { errors: [{ text }] };
        }
        leftOut.set(name, directory);
        return { path, external: true };
      });
    },
  };
}

/** Whether a bundle has taken in packages that do not work in one: their code looks for an add-on beside itself. */
export function holdsNative({ inputs }: Metafile, { root, repository }: Project): boolean {
  const directories = new Set(Object.keys(inputs).flatMap((input) => packageDirectory(resolve(root, input))));
  return [...directories].some((directory) => isNative(directory, repository));
}

/** Of a file of a package: one; none of any other file. */
function packageDirectory(file: string): string[] {
  const mark = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(mark);
  if (at < 0) return [];
  const below = file.slice(at + mark.length).split(sep);
  return [join(file.slice(0, at), mark, ...below.slice(0, below[0]?.startsWith("@") === true ? 2 : 1))];
}
