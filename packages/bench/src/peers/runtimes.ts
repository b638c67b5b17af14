import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { basename, dirname, join } from "node:path";
import type { ServerCommand } from "../server-process.ts";
import { HOW_TO_INSTALL, installedFile } from "./installed.ts";
import { versionOf, type Missing, type Runtime } from "./peer.ts";

/** A server's file of this package. */
export const server = (name: string): string => join(import.meta.dirname, "..", "servers", name);

export function node(): Runtime {
  const serve = (file: string): ServerCommand => ({ program: process.execPath, args: [file] });
  return { id: "node", label: "node", version: process.versions.node, takes: "node", serve, hello: serve(server("hello.cjs")) };
}

export function bun(): Runtime | Missing {
  const program = packaged(`@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}`, "bin/bun") ?? "bun";
  const serve = (file: string): ServerCommand => ({ program, args: [file] });
  return runtime({ id: "bun", program, how: "npm install", takes: "bun", serve, hello: serve(server("hello.bun.js")) });
}

/** `scratch`: where it may keep its cache. */
export function deno(scratch: string): Runtime | Missing {
  const program = installedFile(`@deno/linux-${process.arch}-glibc`, "deno") ?? "deno";
  const env = { DENO_DIR: join(scratch, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const serve = (file: string): ServerCommand => ({
    program,
    args: ["run", "--quiet", "--no-lock", "--no-config", "--allow-all", file],
    env,
  });
  return runtime({ id: "deno", program, how: HOW_TO_INSTALL, takes: "deno", serve, hello: serve(server("hello.deno.js")) });
}

/** `scratch`: where its configuration is written to. */
export function workerd(scratch: string): Runtime | Missing {
  const program = installedFile(`@cloudflare/workerd-linux-${process.arch === "arm64" ? "arm64" : "64"}`, "bin/workerd") ?? "workerd";
  const serve = (file: string): ServerCommand => ({ program, args: ["serve", workerdConfig(scratch, file), "--control-fd=1"] });
  return runtime({ id: "workerd", program, how: HOW_TO_INSTALL, takes: "workerd", serve, hello: serve(server("hello.workerd.js")) });
}

/** A port that the kernel chooses, told on the control descriptor. The file is copied beside it: it embeds no other. */
function workerdConfig(scratch: string, file: string): string {
  const module = `worker-${basename(file)}`;
  const path = join(scratch, `${module}.capnp`);
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed ${JSON.stringify(module)})],
    compatibilityDate = "2026-11-01", compatibilityFlags = ["nodejs_compat"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
  if (existsSync(path)) return path;
  copyFileSync(file, join(scratch, module));
  writeFileSync(path, config);
  return path;
}

function runtime({ program, how, ...rest }: Omit<Runtime, "label" | "version"> & { program: string; how: string }): Runtime | Missing {
  const found = versionOf(rest.id, program, how);
  return "why" in found ? found : { ...rest, label: rest.id, ...found };
}

/** Undefined: npm did not install it, as it does not for another machine's optional packages. */
function packaged(name: string, file: string): string | undefined {
  try {
    const manifest = findPackageJSON(name, import.meta.url);
    return manifest === undefined ? undefined : join(dirname(manifest), file);
  } catch {
    return undefined;
  }
}
