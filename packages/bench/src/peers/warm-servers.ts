import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import type { ServerCommand } from "../server-process.ts";
import { HOW_TO_INSTALL, installedFile, installedVersion } from "./installed.ts";
import type { Missing, Peer, Runtime } from "./peer.ts";
import { server } from "./runtimes.ts";

const FRAMEWORK = "@google-cloud/functions-framework";

/** Who is compared with once it runs: servers of one process on this Node, and runtimes that bring their own. */
export function warmServers(runtimes: readonly Runtime[]): (Peer | Missing)[] {
  const version = process.versions.node;
  const command = (file: string, ...args: string[]): ServerCommand => ({ program: process.execPath, args: [server(file), ...args] });
  const ownServers = runtimes.filter(({ id }) => id === "workerd" || id === "bun");
  return [
    { id: "node-http", label: "node:http", version, bundle: "hello", command: command("hello.cjs") },
    { id: "hono-node-server", label: "Hono on node-server", version: honoServer(), bundle: "hello", command: command("hello-hono.mjs") },
    functionsFramework((file) => command("hello-framework.cjs", file)),
    ...ownServers.map(({ id, label, version: own, hello }) => ({ id, label, version: own, bundle: "hello", command: hello })),
  ];
}

function functionsFramework(command: (file: string) => ServerCommand): Peer | Missing {
  const label = "functions-framework";
  const file = installedFile(FRAMEWORK, "build/src/testing.js");
  if (file === undefined) return { label, why: `not installed: ${HOW_TO_INSTALL}` };
  return { id: label, label, version: installedVersion(FRAMEWORK), bundle: "hello", command: command(file) };
}

function honoServer(): string {
  const manifest = findPackageJSON("@hono/node-server", import.meta.url);
  return manifest === undefined ? "?" : (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
