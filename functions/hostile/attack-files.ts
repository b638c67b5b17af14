/** Files: those of others, those of the host, and more of its own than it may have. `?case=<id>`, `&target=<path>`. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { randomBytes } from "node:crypto";
import { serve } from "./attack.ts";

export const config = { timeoutMs: 20_000, reuse: "never" };

const MIB = 1024 * 1024;

const names = (path: string): string => fs.readdirSync(path).sort().join(",");
const write = (path: string): void => fs.writeFileSync(path, "evil");
const here = (): string => fs.mkdtempSync("/tmp/attack-");

function through(link: (target: string, path: string) => void, target: string): string {
  const path = `${here()}/link`;
  link(target, path);
  return fs.readFileSync(path, "utf8").slice(0, 20);
}

/** Overwrites the program that runs, by way of a descriptor of it. */
function overwriteSelf(): void {
  const reading = fs.openSync("/proc/self/exe", "r");
  fs.writeSync(fs.openSync(`/proc/self/fd/${reading}`, "r+"), "x");
}

/** Descriptors of directories that are not the sandbox's own. */
function leakedDirectories(): string {
  const open = fs.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return fs.statSync(`/proc/self/fd/${fd}`).isDirectory() ? [fs.readlinkSync(`/proc/self/fd/${fd}`)] : [];
    } catch {
      return [];
    }
  });
  const foreign = open.filter((path) => !path.startsWith("/proc/"));
  return foreign.length === 0 && process.cwd() === "/app" ? "none" : `${process.cwd()} ${foreign.join(" ")}`;
}

function fillBytes(): never {
  const file = fs.openSync(`${here()}/big`, "w");
  const chunk = randomBytes(MIB);
  for (let at = 0; at < 256; at++) fs.writeSync(file, chunk);
  throw new Error("256 MiB fit");
}

function fillInodes(): void {
  const directory = here();
  for (let at = 0; at < 60_000; at++) fs.closeSync(fs.openSync(`${directory}/${at}`, "w"));
}

/** A sparse file is as large as it says and holds nothing: what counts is what is written into it. */
function fillSparse(): never {
  const file = fs.openSync(`${here()}/sparse`, "w");
  fs.ftruncateSync(file, 2 ** 40);
  for (let at = 0; at < 65_536; at++) fs.writeSync(file, "x", at * MIB);
  throw new Error("65,536 pages fit");
}

function execute(): void {
  const path = `${here()}/program`;
  fs.writeFileSync(path, "#!/usr/bin/node\n", { mode: 0o755 });
  const { error } = spawnSync(path);
  if (error !== undefined) throw error;
}

export default serve({
  "read-shadow": () => fs.readFileSync("/etc/shadow", "utf8"),
  "list-host": () => names("/home"),
  "read-bundles": () => names("/layers"),
  "read-dotdot": () => fs.readFileSync(`/app${"/..".repeat(40)}/layers/../etc/shadow`, "utf8"),
  "read-symlink": () => through(fs.symlinkSync, "../../../../../../etc/shadow"),
  "read-proc-root": () => fs.readFileSync("/proc/1/root/etc/shadow", "utf8"),
  "read-self-root": () => fs.readFileSync("/proc/self/root/../../etc/shadow", "utf8"),
  "hardlink-node": () => fs.linkSync("/usr/bin/node", `${here()}/node`),
  "write-root": () => write("/evil"),
  "write-app": () => write("/app/evil"),
  "write-node": () => write("/usr/bin/node"),
  "write-runtime": () => write("/usr/lib/fn/zygote.cjs"),
  "write-hosts": () => write("/etc/hosts"),
  "write-dev": () => write("/dev/evil"),
  "overwrite-self": overwriteSelf,
  "leaked-directories": leakedDirectories,
  "fill-bytes": fillBytes,
  "fill-inodes": fillInodes,
  "fill-sparse": fillSparse,
  "execute-tmp": execute,
  "delete-app": () => fs.unlinkSync("/app/main.cjs"),
  "chmod-root": () => fs.chmodSync("/", 0o777),
});
