import { makeBaseLayers } from "./base-layers.mjs";
import { withSetupLock } from "./lock.mjs";
import { buildNative } from "./native.mjs";
import { installNpmPackages } from "./npm-packages.mjs";
import { bundleRuntime } from "./runtime-bundle.mjs";
import { SetupError, say } from "./step.mjs";
import { installSystemPackages } from "./system-packages.mjs";

const OLDEST_NODE = 20;

/**
 * Makes this checkout ready to run: npm packages, Debian packages, native code, runtime bundle, base layers. What is up to date is
 * left alone in silence, so that it costs almost nothing to call it before everything else. Ends the process with 1 when it fails.
 */
export async function setUp() {
  process.umask(0o022);
  try {
    requireThisMachine();
    await withSetupLock(async () => {
      await installSystemPackages();
      await installNpmPackages();
      await buildNative();
      await bundleRuntime();
      await makeBaseLayers();
    });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n✗ ${error.message}\n${error.hint}`);
    process.exit(1);
  }
}

function requireThisMachine() {
  const { node } = process.versions;
  if (Number.parseInt(node) < OLDEST_NODE) throw new SetupError(`This is Node ${node}`, `Zygo starts from Node ${OLDEST_NODE} or newer.`);
  if (process.platform === "linux" && ["x64", "arm64"].includes(process.arch)) return;
  throw new SetupError(`This is ${process.platform} on ${process.arch}`, "Zygo runs on Linux (glibc), x64 or arm64.");
}
