import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

/** Debian's kernel and its modules, unpacked but not installed. */
export interface GuestKernel {
  image: string;
  /** Files of the modules that were asked for and those that they need, in the order of loading. */
  modules: string[];
}

const WANTED = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "crc32c_generic", "nf_tables", "veth", "bridge"];
const DOWNLOAD_MS = 300_000;
const run = (command: string, args: string[], cwd?: string): string =>
  execFileSync(command, args, { encoding: "utf8", timeout: DOWNLOAD_MS, ...(cwd !== undefined && { cwd }) });

/** Downloads it into `directory` unless it is there. @throws when apt does not offer it */
export function guestKernel(directory: string): GuestKernel {
  const unpacked = join(directory, "kernel");
  if (!existsSync(unpacked)) download(directory, unpacked);
  const version = readdirSync(join(unpacked, "lib/modules"))[0]!;
  return { image: join(unpacked, "boot", `vmlinuz-${version}`), modules: inOrder(join(unpacked, "lib/modules", version)) };
}

function download(directory: string, unpacked: string): void {
  const aside = `${unpacked}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const [, name] = /Depends: (linux-image-\S+)/.exec(run("apt-cache", ["depends", `linux-image-${architecture}`])) ?? [];
  if (name === undefined) throw new Error("apt offers no kernel: run apt-get update");
  run("apt-get", ["download", name], directory);
  const file = readdirSync(directory).find((each) => each.startsWith(`${name}_`))!;
  run("dpkg-deb", ["-x", join(directory, file), aside]);
  rmSync(join(directory, file));
  renameSync(aside, unpacked);
}

/** depmod's own file is made at installation, so what a module needs is asked of the module. */
function inOrder(directory: string): string[] {
  const files = new Map(
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ko"))
      .map((file) => [basename(file, ".ko").replaceAll("-", "_"), join(directory, file)]),
  );
  const order = new Set<string>();
  const add = (name: string): void => {
    const file = files.get(name);
    if (file === undefined) return; // built in
    for (const needed of neededBy(file)) add(needed);
    order.add(file);
  };
  for (const name of WANTED) add(name.replaceAll("-", "_"));
  return [...order];
}

/** `depends=a,b` in the section .modinfo. */
function neededBy(file: string): string[] {
  const [, list = ""] = /\0depends=([\w,-]*)\0/.exec(readFileSync(file, "latin1")) ?? [];
  return list
    .split(",")
    .filter((name) => name !== "")
    .map((name) => name.replaceAll("-", "_"));
}
