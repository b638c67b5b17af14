import { existsSync } from "node:fs";
import { join } from "node:path";
import { NATIVE, NATIVE_BIN, NATIVE_LIB, NODE_MODULES, PLATFORM_RUNTIME, pinnedNode, ROOT } from "./paths.mjs";
import { run, say, step } from "./step.mjs";
import { filesBelow, isFresh, writeStamp } from "./stamp.mjs";

/** Compiles the policy that fn-jail has within itself. */
const SECCOMP = join(ROOT, "packages", "sandbox", "src", "seccomp");
const COMPILERS = ["/usr/bin/g++", "/usr/bin/make"];

/** Builds the C++ code in `native/`, offline: Node's headers come from the npm packages. @throws SetupError when it does not compile */
export async function buildNative() {
  if (!existsSync(join(NATIVE, "Makefile"))) return say("native code: skipped, there is no native/Makefile");
  const files = [...filesBelow(NATIVE, ["build", "node_modules"]), ...filesBelow(SECCOMP), ...COMPILERS];
  const extra = [NODE_MODULES, ...files];
  if (isFresh("native", extra, [NATIVE_LIB, NATIVE_BIN])) return;
  const includes = [
    `NODE_API_INCLUDE=${join(NODE_MODULES, "node-api-headers", "include")}`,
    `NODE_ADDON_INCLUDE=${join(NODE_MODULES, "node-addon-api")}`,
    `NODE=${pinnedNode(PLATFORM_RUNTIME)}`,
  ];
  say("native code: building");
  await step("native code", () => run("native", ["make", "-C", NATIVE, "-j2", "all", ...includes], { hint: "" }));
  writeStamp("native", { files, extra });
}
