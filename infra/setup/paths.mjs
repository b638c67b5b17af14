import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where set-up reads and writes. Everything that it makes lies in `node_modules/`, `native/build/` and `build/`. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const BUILD = join(ROOT, "build");
export const STAMPS = join(BUILD, "stamps");
export const LOGS = join(BUILD, "logs");
/** @source https://nodejs.org/api/module.html#module-compile-cache */
export const COMPILE_CACHE = join(BUILD, "compile-cache");
export const NODE_MODULES = join(ROOT, "node_modules");
export const NATIVE = join(ROOT, "native");
export const NATIVE_LIB = join(NATIVE, "build", "lib");
export const NATIVE_BIN = join(NATIVE, "build", "bin");
export const RUNTIME_BUNDLE = join(BUILD, "runtime", "zygote.cjs");
export const BASE_LAYERS = join(BUILD, "base");

/** Runtimes that get a base layer; the names of `RUNTIMES` in `@zygo/contracts`. */
export const RUNTIMES = ["node22", "node24", "node26"];

/** The Node that runs the platform itself. */
export const PLATFORM_RUNTIME = "node24";

/**
 * The pinned binary of a runtime for this machine's processor, from the npm alias `<runtime>-<arch>`.
 *
 * @param {string} runtime
 */
export const pinnedNode = (runtime) => join(NODE_MODULES, `${runtime}-${process.arch}`, "bin", "node");
