import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { COMPILE_CACHE, PLATFORM_RUNTIME, pinnedNode } from "./paths.mjs";

/** Signals that ask for an end. */
const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

const PARENT_CHECK_MS = 500;

/**
 * Runs a program under the pinned Node to its end and returns its exit code (128 + n for a signal, as a shell does).
 *
 * The program gets a session of its own, so that a signal to the whole process group reaches it through us alone; and when we are killed
 * the kernel tells it by SIGTERM (setpriv). `node`, for what it starts in turn, is the pinned Node too, and all of
 * them keep their stripped and compiled code for the next start.
 *
 * @param {string[]} args Program and its arguments.
 * @returns {Promise<number>}
 */
export function runPinned(args) {
  const node = pinnedNode(PLATFORM_RUNTIME);
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env["PATH"] ?? ""}`, NODE_COMPILE_CACHE: COMPILE_CACHE };
  const child = spawn("setpriv", ["--pdeathsig", "TERM", node, ...args], { detached: true, stdio: "inherit", env });
  forwardSignals(child);
  if (process.env["npm_lifecycle_event"] !== undefined) endWithParent(child);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === "SIGKILL" ? 9 : signal === "SIGINT" ? 2 : 15)));
  });
}

/** @param {import("node:child_process").ChildProcess} child */
function forwardSignals(child) {
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
}

/**
 * npm that is killed with SIGKILL cannot tell us; we see it by our new parent.
 *
 * @param {import("node:child_process").ChildProcess} child
 */
function endWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, PARENT_CHECK_MS);
  timer.unref();
}
