import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { withoutStartingServices } from "./policy-rc.mjs";
import { SetupError, run, say, step } from "./step.mjs";

const PROGRAM_DIRECTORIES = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** @param {string} name */
const program = (name) => PROGRAM_DIRECTORIES.concat((process.env["PATH"] ?? "").split(":")).some((path) => existsSync(join(path, name)));

/** @param {string} name A shared library, in the library directories or one level below them. */
const library = (name) =>
  ["/lib", "/lib64", "/usr/lib", "/usr/lib64"].some(
    (path) => existsSync(join(path, name)) || (existsSync(path) && readdirSync(path).some((inner) => existsSync(join(path, inner, name)))),
  );

/** Debian packages, why each is needed, and how to see that it is there without asking dpkg (which takes longer than all of set-up). */
const PACKAGES = [
  { name: "redis-server", why: "queue and store", present: () => program("redis-server") },
  { name: "g++", why: "native code", present: () => program("g++") },
  { name: "make", why: "native code", present: () => program("make") },
  { name: "nlohmann-json3-dev", why: "native code", present: () => existsSync("/usr/include/nlohmann/json.hpp") },
  { name: "nftables", why: "network of the sandboxes", present: () => program("nft") },
  { name: "iproute2", why: "network of the sandboxes", present: () => program("ip") },
  { name: "e2fsprogs", why: "file systems of volumes", present: () => program("mkfs.ext4") && program("debugfs") },
  { name: "util-linux", why: "locks, and no process left behind", present: () => program("setpriv") && program("flock") },
  { name: "libatomic1", why: "Node 26", present: () => library("libatomic.so.1") },
];

/**
 * Installs what is missing of Debian's packages, having said what and why. Installing redis-server starts no system Redis; one that
 * runs already is left alone.
 *
 * @throws SetupError with the command to run, where this process may not install or there is no apt
 */
export async function installSystemPackages() {
  const missing = PACKAGES.filter(({ present }) => !present());
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const list = missing.map(({ name, why }) => `  ${name} (${why})`).join("\n");
  const install = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...names];
  if (process.getuid?.() !== 0 || !program("apt-get")) {
    throw new SetupError(
      `These packages are missing:\n${list}`,
      `Install them, on Debian or Ubuntu by:  sudo apt-get install ${names.join(" ")}`,
    );
  }
  say(`Installing Debian packages that are missing:\n${list}`);
  await step("Debian packages", () => withoutStartingServices(() => aptInstall(install)));
}

/** @param {string[]} install The package lists may be absent or too old, so a first failure is answered by one update. */
async function aptInstall(install) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const hint = "Check that Debian's packages can be reached (`apt-get update`), then run the command again.";
  const update = () => run("apt-update", ["apt-get", "update"], { hint, env });
  if (!hasPackageLists()) await update();
  try {
    await run("apt-install", install, { hint, env });
  } catch {
    await update();
    await run("apt-install", install, { hint, env });
  }
}

function hasPackageLists() {
  const lists = "/var/lib/apt/lists";
  return existsSync(lists) && readdirSync(lists).some((file) => file.includes("_Packages"));
}
