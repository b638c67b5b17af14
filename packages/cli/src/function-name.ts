import { basename, dirname, extname, resolve } from "node:path";
import { UsageError } from "./failure.ts";

/** As `FunctionName` in contracts; here without zod, since every command starts with it. A test holds the two equal. */
const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws UsageError when it is no name of a function, or of a tenant, which follows the same rule. */
export function checkName(name: string, what = "function"): string {
  if (!NAME.test(name))
    throw new UsageError(`'${name}' is no ${what} name: 1-63 of a-z, 0-9 and '-', starting with a letter, not ending in '-'`);
  return name;
}

/**
 * The file's base name, or its directory's for `index`, made into a function name: `src/My_Api.ts` → `my-api`.
 * @throws UsageError when nothing is left that could be a name.
 */
export function nameOfFile(file: string): string {
  const path = resolve(file);
  const base = basename(path, extname(path));
  const raw = base === "index" ? basename(dirname(path)) : base;
  const name = raw
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+/g, "")
    .slice(0, 63)
    .replaceAll(/-+$/g, "");
  if (name === "") throw new UsageError(`cannot make a function name of '${raw}': give one with --name`);
  return name;
}
