import { buildSync } from "esbuild";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../../../..");
const ARCH = process.arch === "arm64" ? "arm64" : "x64";

export const RUNTIMES = ["node22", "node24", "node26"] as const;
export const nodeBinary = (runtime: string): string => join(ROOT, "node_modules", `${runtime}-${ARCH}`, "bin/node");

/** A directory for what a test file builds, with the runtime in it as it ships: one CommonJS file. */
export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), "runtime-test-"));
  readonly runtime = this.#bundle(join(HERE, "instance-entry.ts"), "instance.cjs", false);
  #count = 0;

  /** A function of `test/fixtures`, bundled as `fn deploy` does, its source map beside it. */
  fixture(name: string, format: "cjs" | "esm" = "cjs"): string {
    return this.#bundle(join(HERE, "../fixtures", name), `${name}.${format}.${format === "cjs" ? "cjs" : "mjs"}`, true, format);
  }

  /** A bundle that is written down as it is. */
  source(text: string, extension: "cjs" | "mjs" = "cjs"): string {
    const file = join(this.directory, `source-${++this.#count}.${extension}`);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #bundle(entry: string, name: string, minify: boolean, format: "cjs" | "esm" = "cjs"): string {
    const outfile = join(this.directory, name);
    const sourcemap = minify ? "external" : false;
    const absWorkingDir = join(HERE, "..");
    buildSync({
      entryPoints: [entry],
      outfile,
      absWorkingDir,
      bundle: true,
      platform: "node",
      target: "node22",
      format,
      sourcemap,
      minify,
      keepNames: true,
    });
    return outfile;
  }
}
