/**
 * The program of a zygote: a warmed Node with no tenant's code in it, from which instances are forked. It runs from the base layer;
 * the launcher gives it descriptor 3, its control socket, and 4 and 5, the seccomp programs of instances and templates.
 */
import { closeSync, fstatSync, readSync } from "node:fs";
import { loadForkAddon } from "./fork/addon.ts";
import { compactHeap } from "./fork/compact-heap.ts";
import { becomeTemplate } from "./fork/become-template.ts";
import { installIdentity } from "./fork/identity.ts";
import { installRandomness } from "./fork/randomness.ts";
import { renewProcess } from "./fork/renew-process.ts";
import { selfTest } from "./fork/self-test.ts";
import { prepareInstance } from "./serve.ts";
import { warmUp } from "./warm-up.ts";

const CONTROL = 3;
const INSTANCE_FILTER = 4;
const TEMPLATE_FILTER = 5;
const ADDON = "/usr/lib/fn/fork.node";

async function main(): Promise<void> {
  const addon = loadForkAddon(ADDON);
  addon.calmPlatform();
  const filters = { instance: readProgram(INSTANCE_FILTER), template: readProgram(TEMPLATE_FILTER) };
  for (const name of Object.keys(process.env)) delete process.env[name];
  installIdentity();
  installRandomness();
  await warmUp(() => addon.socketPair());
  const outcome = selfTest(addon);
  if (outcome === "child") return;
  addon.ready(CONTROL, JSON.stringify({ ...outcome, nodeVersion: process.version }));
  // After an await: leave the microtask queue empty, since a child comes back here.
  setImmediate(() => forkOnRequest(addon, filters));
}

/** By position: zygotes share the descriptor's offset. */
function readProgram(fd: number): Buffer {
  const program = Buffer.alloc(fstatSync(fd).size);
  readSync(fd, program, 0, program.length, 0);
  closeSync(fd);
  return program;
}

/** Blocks; what follows `serve` runs in each forked child alone. */
function forkOnRequest(addon: ReturnType<typeof loadForkAddon>, filters: { instance: Buffer; template: Buffer }): void {
  // process.exit() ends in it. Node's own would join threads that a child does not have.
  (process as unknown as { reallyExit: (code: number) => never }).reallyExit = (code) => addon.exit(code);
  const instance = prepareInstance();
  const collectGarbage = compactHeap();
  instance.onLimit((memoryBytes) => addon.watchMemory(memoryBytes, collectGarbage));
  const { channel, control } = addon.serve(CONTROL, filters.instance, filters.template);
  renewProcess(addon);
  if (control >= 0) becomeTemplate({ addon, control, instance, filter: filters.instance });
  instance.begin(channel);
}

void main();
