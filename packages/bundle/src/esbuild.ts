import { createRequire } from "node:module";
import type * as Esbuild from "esbuild";
import type { Launch } from "./jail.ts";

/* eslint-disable no-restricted-properties -- No setting of ours: it is how esbuild lets itself be told of its program. */

const require = createRequire(import.meta.url);

/** The esbuild program that npm installed for this machine. */
export function esbuildProgram(): string {
  const fromEsbuild = createRequire(require.resolve("esbuild"));
  return fromEsbuild.resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
}

/**
 * A copy of esbuild's API of its own, whose service process is started by `launch` at the first build: each project has its own jail.
 * esbuild reads ESBUILD_BINARY_PATH once, when its module is evaluated, hence the fresh evaluation. Call `stop` when done.
 */
export function loadEsbuild(launch: Launch): typeof Esbuild {
  const file = require.resolve("esbuild");
  const before = process.env["ESBUILD_BINARY_PATH"];
  delete require.cache[file];
  process.env["ESBUILD_BINARY_PATH"] = launch.path;
  try {
    return require(file) as typeof Esbuild;
  } finally {
    delete require.cache[file];
    if (before === undefined) delete process.env["ESBUILD_BINARY_PATH"];
    else process.env["ESBUILD_BINARY_PATH"] = before;
  }
}
