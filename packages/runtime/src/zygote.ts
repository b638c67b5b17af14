/**
 * The program of a zygote: a warmed Node with no tenant's code in it, from which instances are forked. It runs from the base layer;
 * the launcher gives it descriptor 3, its control socket, and 4, the seccomp program of the instances.
 */
import { readFileSync } from "node:fs";
import { loadForkAddon } from "./fork/addon.ts";
import { reseed } from "./fork/reseed.ts";
import { selfTest } from "./fork/self-test.ts";
import { serveInstance } from "./serve.ts";
import { warmUp } from "./warm-up.ts";

const CONTROL = 3;
const SECCOMP_PROGRAM = 4;
const ADDON = "/usr/lib/fn/fork.node";

async function main(): Promise<void> {
  const addon = loadForkAddon(ADDON);
  const seccomp = readFileSync(SECCOMP_PROGRAM);
  for (const name of Object.keys(process.env)) delete process.env[name];
  await warmUp();
  const outcome = selfTest(addon);
  if (outcome === "child") return;
  addon.ready(CONTROL, JSON.stringify({ ...outcome, nodeVersion: process.version }));
  // After an await: leave the microtask queue empty, since a child comes back here.
  setImmediate(() => forkOnRequest(addon, seccomp));
}

/** Blocks; what follows `serve` runs in each forked child alone. */
function forkOnRequest(addon: ReturnType<typeof loadForkAddon>, seccomp: Buffer): void {
  const { channel } = addon.serve(CONTROL, seccomp);
  reseed();
  serveInstance({ fd: channel });
}

void main();
