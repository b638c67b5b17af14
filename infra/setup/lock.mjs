import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BUILD } from "./paths.mjs";
import { say } from "./step.mjs";

/**
 * Runs `work` while no other set-up of this checkout runs. The lock is the kernel's: `flock` takes it on our file descriptor, so it
 * ends with this process, however it ends. Where `flock` is missing the work runs unlocked.
 *
 * @param {() => Promise<void>} work
 * @source flock(2): a lock belongs to the open file description, which the child shares
 */
export async function withSetupLock(work) {
  mkdirSync(BUILD, { recursive: true });
  const file = join(BUILD, "setup.lock");
  const fd = openSync(file, "a");
  try {
    if (!take(fd, ["-n"])) {
      say(`waiting for another set-up (process ${readFileSync(file, "utf8").trim()})`);
      take(fd, []);
    }
    ftruncateSync(fd, 0);
    writeSync(fd, String(process.pid));
    await work();
  } finally {
    closeSync(fd);
  }
}

/**
 * @param {number} fd
 * @param {string[]} flags
 */
function take(fd, flags) {
  const { status, error } = spawnSync("flock", [...flags, "3"], { stdio: ["ignore", "ignore", "inherit", fd] });
  return error !== undefined || status === 0;
}
