import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "@zygo/testkit";
import type { ServerCommand } from "../server-process.ts";
import { ociConfig } from "./oci-config.ts";
import { versionOf, type Missing, type Runtime } from "./peer.ts";
import { server } from "./runtimes.ts";

/** The files that a sandbox of ours has below its bundle: the same Node, and nothing else. */
const ROOTFS = join(CHECKOUT, "build/base/node24");
const NODE = "/usr/bin/node";

/**
 * The same namespaces as a sandbox of ours has, the network's included. From outside no port in there can be reached, so the server
 * listens on a Unix socket in a directory that both see.
 */
export function bubblewrap(scratch: string): Runtime | Missing {
  const jail = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"];
  const view = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--bind", scratch, scratch];
  const socket = join(scratch, "bwrap.sock");
  const serve = (file: string): ServerCommand => ({ program: "bwrap", args: [...jail, ...view, process.execPath, file, socket] });
  const found = versionOf("bwrap + node", "bwrap", "apt-get install bubblewrap");
  if ("why" in found) return found;
  return { id: "bwrap-node", label: "bwrap + node", ...found, takes: "node", serve, hello: serve(server("hello.cjs")) };
}

export const runc = (scratch: string): Runtime | Missing => container(scratch, { name: "runc", before: [], flags: [] });

const UNIFIED = "/sys/fs/cgroup/unified";

/**
 * Where v1 and v2 are both mounted it refuses to start, without control groups too, as long as it sees a v2 that has a controller:
 * there it gets a view of its own without it, which costs about 2 ms of its figure.
 */
export function crun(scratch: string): Runtime | Missing {
  if (!existsSync(UNIFIED)) return container(scratch, { name: "crun", before: [], flags: ["--cgroup-manager=cgroupfs"] });
  const hiding = ["unshare", "--mount", "--propagation", "private", "sh", "-c", `umount ${UNIFIED} && exec "$@"`, "sh"];
  return container(scratch, { name: "crun", before: hiding, flags: ["--cgroup-manager=disabled"] });
}

/** A bundle of OCI's a file that is served, made when it is first asked for. */
function container(
  scratch: string,
  { name, before, flags }: { name: string; before: readonly string[]; flags: readonly string[] },
): Runtime | Missing {
  const label = `${name} + node`;
  const found = versionOf(label, name, `apt-get install ${name}`);
  if ("why" in found) return found;
  if (!existsSync(join(ROOTFS, NODE))) return { label, why: "has no root file system: npm run setup" };
  const [program, ...root] = [...before, name, "--root", join(scratch, `${name}-state`), ...flags] as [string, ...string[]];
  const serve = (file: string): ServerCommand => {
    const id = `zygo-bench-${name}`;
    const shared = join(scratch, name);
    const bundle = makeBundle(join(scratch, `${name}-${file.replaceAll(/\W/g, "-").slice(-60)}`), { id, file, shared });
    return {
      program,
      args: [...root, "run", "--bundle", bundle, id],
      socketIn: shared,
      cleanUp: { program, args: [...root, "delete", "--force", id] },
    };
  };
  return { id: `${name}-node`, label, ...found, takes: "node", serve, hello: serve(server("hello.cjs")) };
}

function makeBundle(directory: string, given: { id: string; file: string; shared: string }): string {
  mkdirSync(directory, { recursive: true });
  mkdirSync(given.shared, { recursive: true });
  const args = [NODE, "/app/server.cjs", "/tmp/answers.sock"];
  const mounts = [
    { from: given.file, to: "/app/server.cjs", writable: false },
    { from: given.shared, to: "/tmp", writable: true },
  ];
  writeFileSync(join(directory, "config.json"), JSON.stringify(ociConfig({ id: given.id, rootfs: ROOTFS, args, mounts })));
  return directory;
}
