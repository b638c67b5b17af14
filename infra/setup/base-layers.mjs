import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBaseLayer } from "./base-layer.mjs";
import { BASE_LAYERS, NATIVE_LIB, ROOT, RUNTIMES, RUNTIME_BUNDLE, pinnedNode } from "./paths.mjs";
import { isFresh, writeStamp } from "./stamp.mjs";
import { step } from "./step.mjs";

/** A change of how a layer is made remakes it. */
const RECIPE = join(ROOT, "infra", "setup", "base-layer.mjs");

/**
 * Makes `build/base/<runtime>/`, the root filesystem below every function's own layer.
 *
 * A layer is made aside and then renamed into place. The one before it is kept as `.<runtime>.old` until the next change: sandboxes
 * of a platform that runs meanwhile have it mounted.
 */
export async function makeBaseLayers() {
  for (const runtime of RUNTIMES) {
    const layer = join(BASE_LAYERS, runtime);
    const contents = zygoFiles();
    const extra = [pinnedNode(runtime), ...contents.map(({ from }) => from)];
    if (!isFresh(`base-${runtime}`, extra, [layer])) {
      await step(`base layer ${runtime}`, () => {
        const files = replace(layer, (directory) => writeBaseLayer(directory, pinnedNode(runtime), contents));
        writeStamp(`base-${runtime}`, { files: [...files, RECIPE], extra });
      });
    }
  }
}

/** Our own files in the layer: host path and path inside. A file that is not built yet is left out. */
function zygoFiles() {
  return [
    { from: RUNTIME_BUNDLE, to: "usr/lib/fn/zygote.cjs" },
    { from: join(NATIVE_LIB, "fork.node"), to: "usr/lib/fn/fork.node" },
    { from: join(NATIVE_LIB, "libforkable.so"), to: "usr/lib/fn/libforkable.so" },
  ].filter(({ from }) => existsSync(from));
}

/**
 * @param {string} layer
 * @param {(directory: string) => string[]} write
 * @returns {string[]} what `write` returned
 */
function replace(layer, write) {
  const fresh = join(BASE_LAYERS, ".new");
  const old = join(BASE_LAYERS, `.${layer.slice(BASE_LAYERS.length + 1)}.old`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const files = write(fresh);
  rmSync(old, { recursive: true, force: true });
  if (existsSync(layer)) renameSync(layer, old);
  renameSync(fresh, layer);
  return files;
}
