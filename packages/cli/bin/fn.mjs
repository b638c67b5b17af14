#!/usr/bin/env node
// Runs src/main.ts, which is TypeScript, under the pinned Node of this checkout; under any other Node ≥ 20 it starts that one first.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PINNED = `node24-${process.arch}`;

if (process.versions.node.startsWith("24.")) {
  module.enableCompileCache();
  const { main } = await import("../src/main.ts");
  await main(process.argv.slice(2));
} else {
  rerun(pinnedNode());
}

/** Nearest node_modules upwards that has the pinned Node. */
function pinnedNode() {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const file = join(directory, "node_modules", PINNED, "bin", "node");
    if (existsSync(file)) return file;
    if (directory === dirname(directory)) break;
  }
  process.stderr.write(`fn: the pinned Node (${PINNED}) is not installed: run \`npm install\` in the checkout of Zygo\n`);
  process.exit(1);
}

/** Same terminal, same signals, same exit code. */
function rerun(node) {
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
    // A terminal sends its signals to both; a second one does no harm.
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => {
    process.stderr.write(`fn: cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
