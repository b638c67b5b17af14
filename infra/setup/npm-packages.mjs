import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { NODE_MODULES, PLATFORM_RUNTIME, ROOT, RUNTIMES, pinnedNode } from "./paths.mjs";
import { SetupError, run, say, step } from "./step.mjs";

const STAMP = join(NODE_MODULES, ".zygo-stamp");

/** What of a package-lock entry tells one installation from another. @typedef {{ version?: string, integrity?: string, link?: boolean,
 * optional?: boolean }} Locked */

/**
 * Brings `node_modules` to what package-lock.json says, the pinned Nodes among it. Install scripts are not run: no package here needs
 * one (esbuild's only makes its own start a little faster).
 *
 * @throws SetupError
 */
export async function installNpmPackages() {
  const lock = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const stamp = createHash("sha256").update(`${process.arch}\n${lock}`).digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp) return linkPlatformNode();
  if (!isInstalled(JSON.parse(lock).packages)) {
    say("npm packages: installing (the first time takes about half a minute)");
    await step("npm packages", () =>
      run("npm", ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
        hint: "Check that the npm registry can be reached, then run the command again.",
      }),
    );
  }
  requirePinnedNodes();
  linkPlatformNode();
  writeFileSync(STAMP, stamp);
}

/** Each pinned Node wants to be `node_modules/.bin/node`, which npm scripts and npx find before any other: it is the platform's. */
function linkPlatformNode() {
  const link = join(NODE_MODULES, ".bin", "node");
  const target = relative(dirname(link), pinnedNode(PLATFORM_RUNTIME));
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === target) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/**
 * npm keeps a copy of the lock of what it installed: when it holds all that we need, `npm ci` would only delete and fetch again.
 *
 * @param {Record<string, Locked>} wanted
 */
function isInstalled(wanted) {
  const hidden = join(NODE_MODULES, ".package-lock.json");
  if (!existsSync(hidden)) return false;
  /** @type {Record<string, Locked>} */
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const found = installed[path];
    // Optional packages for other machines are left out by npm; the ones that we need are looked for by `requirePinnedNodes`.
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link;
  });
}

function requirePinnedNodes() {
  const missing = RUNTIMES.filter((runtime) => !existsSync(pinnedNode(runtime)));
  if (missing.length === 0) return;
  throw new SetupError(
    `npm did not install the pinned Node for ${missing.join(", ")} (linux ${process.arch})`,
    "They are optional dependencies: check that npm is not set to omit those (`npm config get omit`), remove node_modules, try again.",
  );
}
