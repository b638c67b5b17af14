import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BundlerFailedError } from "./errors.ts";

/** A program that starts esbuild: itself, or the jail around it. */
export interface Launch {
  path: string;
  /** What the jail or esbuild complained about; empty when all went well. */
  complaint(): string;
  remove(): void;
}

const JAIL = fileURLToPath(new URL("../../../native/build/bin/fn-jail", import.meta.url));
/** Where the jail shows esbuild: a place that no project has. */
const INSIDE = "/.fn/esbuild";

/** esbuild as it is, with all that this user can read in view. */
export const unjailed = (esbuild: string): Launch => ({ path: esbuild, complaint: () => "", remove: () => undefined });

/**
 * A small shell script that becomes fn-jail around esbuild: esbuild's own API starts one executable, with its own arguments.
 * @throws BundlerFailedError when fn-jail was not built.
 */
export function jailed(esbuild: string, visible: string[], directory: string): Launch {
  if (!existsSync(JAIL)) throw new BundlerFailedError("native/build/bin/fn-jail is missing: run `npm run setup`");
  const temporary = mkdtempSync(join(tmpdir(), "fn-bundle-"));
  const errors = join(temporary, "stderr");
  const binds = [[esbuild, INSIDE], ...visible.map((path) => [path, path])].flatMap(([from, to]) => ["--ro-bind", from ?? "", to ?? ""]);
  const command = [JAIL, ...binds, "--chdir", directory, "--", INSIDE].map(quote).join(" ");
  const path = join(temporary, "esbuild");
  writeFileSync(path, `#!/bin/sh\nexec ${command} "$@" 2>${quote(errors)}\n`, { mode: 0o700 });
  return {
    path,
    complaint: () => (existsSync(errors) ? readFileSync(errors, "utf8").trim() : ""),
    remove: () => rmSync(temporary, { recursive: true, force: true }),
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
