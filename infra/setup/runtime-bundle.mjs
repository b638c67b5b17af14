import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { NODE_MODULES, ROOT, RUNTIME_BUNDLE } from "./paths.mjs";
import { isFresh, writeStamp } from "./stamp.mjs";
import { SetupError, say, step } from "./step.mjs";

const ENTRY = join(ROOT, "packages", "runtime", "src", "zygote.ts");

/**
 * Bundles the runtime that lives in every sandbox into one CommonJS file: it is loaded synchronously, without a thread pool, and needs
 * no file of ours besides it in the sandbox. Written for the oldest runtime, Node 22.
 *
 * @throws SetupError when it does not bundle
 */
export async function bundleRuntime() {
  if (!existsSync(ENTRY)) return say("runtime bundle: skipped, there is no packages/runtime/src/zygote.ts");
  const extra = [join(NODE_MODULES, "esbuild", "package.json")];
  if (isFresh("runtime", extra, [RUNTIME_BUNDLE])) return;
  await step("runtime bundle", async () => {
    const files = await bundle();
    writeStamp("runtime", { files, extra });
  });
}

/** @returns {Promise<string[]>} the files that went into it */
async function bundle() {
  const { build } = await import("esbuild");
  mkdirSync(dirname(RUNTIME_BUNDLE), { recursive: true });
  try {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: [ENTRY],
      outfile: RUNTIME_BUNDLE,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node22",
      external: ["node:*"],
      metafile: true,
      logLevel: "silent",
    });
    return Object.keys(metafile.inputs).map((file) => join(ROOT, file));
  } catch (error) {
    throw new SetupError(`The runtime does not bundle: ${error instanceof Error ? error.message : String(error)}`, "");
  }
}
