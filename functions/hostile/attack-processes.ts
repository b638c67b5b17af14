/** Other processes, and more of its own than it may have. `?case=<id>` */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { serve } from "./attack.ts";

export const config = { timeoutMs: 20_000, memoryMb: 1024, reuse: "never" };

/** A program that waits; the function has no shell. */
const sleeper = (options: object = {}): ChildProcess =>
  spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore", ...options });

/** How many of a hundred children can live at a time. */
async function forkBomb(): Promise<string> {
  const children = Array.from({ length: 100 }, () => sleeper());
  const results = await Promise.all(
    children.map((child) => Promise.race([once(child, "spawn").then(() => true), once(child, "error").then(() => false)])),
  );
  const live = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of live) child.kill("SIGKILL");
  return results.every(Boolean) && live.length === children.length ? "all live" : "some refused or ended";
}

async function daemon(): Promise<string> {
  const child = sleeper({ detached: true });
  await once(child, "spawn");
  child.unref();
  return "left behind";
}

async function zombies(): Promise<string> {
  const children = Array.from({ length: 20 }, () => spawn(process.execPath, ["--version"], { stdio: "ignore" }));
  await Promise.all(children.map((child) => once(child, "close")));
  return "reaped";
}

function openMany(): string {
  for (let at = 0; at < 4_000; at++) openSync("/dev/null", "r");
  return "4,000 are open";
}

export default serve({
  "kill-init": () => process.kill(1, "SIGKILL"),
  "stop-init": () => process.kill(1, "SIGSTOP"),
  "kill-parent": () => process.kill(process.ppid, "SIGKILL"),
  "kill-other": () => process.kill(3, "SIGKILL"),
  "kill-all": () => process.kill(-1, "SIGKILL"),
  "fork-bomb": forkBomb,
  daemon,
  zombies,
  "exhaust-descriptors": openMany,
});
