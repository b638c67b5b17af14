import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import type { ServerCommand } from "./server-process.ts";

/** Somebody else's way to start a server, or to serve. */
export interface Peer {
  id: string;
  label: string;
  version: string;
  command: ServerCommand;
}

export interface Peers {
  found: Peer[];
  /** Those that are left out of this run, and why. */
  missing: { label: string; why: string }[];
}

const server = (name: string): string => join(import.meta.dirname, "servers", name);

/** Who is compared with at start-up: spawned anew for each sample. `scratch`: a directory for Unix sockets. */
export function startUpPeers(scratch: string): Peers {
  return sort([bun(), node(), bubblewrap(scratch)]);
}

/** Who is compared with once it runs. */
export function warmPeers(): Peers {
  const version = process.versions.node;
  const command = (file: string): ServerCommand => ({ program: process.execPath, args: [server(file)] });
  return {
    found: [
      { id: "node-http", label: "node:http", version, command: command("hello.cjs") },
      { id: "hono-node-server", label: "Hono on node-server", version: versionOf("@hono/node-server"), command: command("hello-hono.mjs") },
    ],
    missing: [],
  };
}

type Candidate = Peer | { label: string; why: string };

function sort(candidates: Candidate[]): Peers {
  return { found: candidates.filter((candidate) => "command" in candidate), missing: candidates.filter((candidate) => "why" in candidate) };
}

function bun(): Candidate {
  const program = packaged(`@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}`, "bin/bun") ?? "bun";
  return peer("bun", "bun", { program, args: [server("hello.bun.js")] });
}

function node(): Candidate {
  return peer("node", "node", { program: process.execPath, args: [server("hello.cjs")] });
}

/**
 * The same namespaces as a sandbox of ours has, the network's included. From outside no port in there can be reached, so the server
 * listens on a Unix socket in a directory that both see.
 */
function bubblewrap(scratch: string): Candidate {
  const jail = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"];
  const view = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--bind", scratch, scratch];
  const socket = join(scratch, "bwrap.sock");
  return peer("bwrap-node", "bwrap + node", { program: "bwrap", args: [...jail, ...view, process.execPath, server("hello.cjs"), socket] });
}

/** Asks the program for its version, which shows as well that it runs on this machine. */
function peer(id: string, label: string, command: ServerCommand): Candidate {
  const { status, stdout, error } = spawnSync(command.program, ["--version"], { encoding: "utf8", timeout: 10_000 });
  if (error !== undefined) return { label, why: "code" in error && error.code === "ENOENT" ? "not installed" : error.message };
  if (status !== 0) return { label, why: "does not run on this machine" };
  return { id, label, version: stdout.trim().replace(/^\D+/, ""), command };
}

function packaged(name: string, file: string): string | undefined {
  const manifest = manifestOf(name);
  return manifest === undefined ? undefined : join(dirname(manifest), file);
}

function versionOf(name: string): string {
  const manifest = manifestOf(name);
  return manifest === undefined ? "?" : (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

/** Undefined: npm did not install it, as it does not for another machine's optional packages. */
function manifestOf(name: string): string | undefined {
  try {
    return findPackageJSON(name, import.meta.url);
  } catch {
    return undefined;
  }
}
