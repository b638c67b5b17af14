/**
 * The program of a zygote: a warmed Node with no tenant's code in it, from which instances are forked. It runs from the base layer;
 * the launcher gives it descriptor 3, its control socket, and 4, the seccomp program of the instances.
 */
import { closeSync, fstatSync, readSync } from "node:fs";
import { loadForkAddon } from "./fork/addon.ts";
import { compactHeap } from "./fork/compact-heap.ts";
import { installIdentity, renewIdentity } from "./fork/identity.ts";
import { installRandomness, renewRandomness } from "./fork/randomness.ts";
import { selfTest } from "./fork/self-test.ts";
import { prepareInstance } from "./serve.ts";
import { warmUp } from "./warm-up.ts";

const CONTROL = 3;
const SECCOMP_PROGRAM = 4;
const ADDON = "/usr/lib/fn/fork.node";

async function main(): Promise<void> {
  const addon = loadForkAddon(ADDON);
  addon.calmPlatform();
  const seccomp = readProgram();
  for (const name of Object.keys(process.env)) delete process.env[name];
  installIdentity();
  installRandomness();
  await warmUp(() => addon.socketPair());
  const outcome = selfTest(addon);
  if (outcome === "child") return;
  addon.ready(CONTROL, JSON.stringify({ ...outcome, nodeVersion: process.version }));
  // After an await: leave the microtask queue empty, since a child comes back here.
  setImmediate(() => forkOnRequest(addon, seccomp));
}

/** By position: zygotes share the descriptor's offset. */
function readProgram(): Buffer {
  const program = Buffer.alloc(fstatSync(SECCOMP_PROGRAM).size);
  readSync(SECCOMP_PROGRAM, program, 0, program.length, 0);
  closeSync(SECCOMP_PROGRAM);
  return program;
}

/** Blocks; what follows `serve` runs in each forked child alone. */
function forkOnRequest(addon: ReturnType<typeof loadForkAddon>, seccomp: Buffer): void {
  // process.exit() ends in it. Node's own would join threads that a child does not have.
  (process as unknown as { reallyExit: (code: number) => never }).reallyExit = (code) => addon.exit(code);
  const becomeInstance = prepareInstance();
  compactHeap();
  const { channel } = addon.serve(CONTROL, seccomp);
  renewIdentity(addon.pid());
  renewRandomness();
  becomeInstance({ fd: channel });
}

void main();
