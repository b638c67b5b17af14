import { spawnSync } from "node:child_process";
import { ftruncateSync, globSync, openSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StartupError } from "./startup-error.ts";

/** How long the services of a supervisor that was killed may take to notice and end. */
const LEFTOVER_SECONDS = 20;

/**
 * Takes FN_HOME for this process and returns the descriptor that holds it. The lock is the kernel's (`flock`), so nothing is stale
 * after a kill -9. Every service inherits the descriptor: as long as one of an earlier supervisor still runs, FN_HOME is not free.
 *
 * @throws StartupError naming the process that has it
 * @source flock(2): a lock belongs to the open file description and ends with its last descriptor
 */
export function lockHome(home: string): number {
  const file = join(home, "lock");
  const fd = openSync(file, "a");
  if (!tryLock(fd, ["-n"])) waitForLeftovers(fd, home, readFileSync(file, "utf8").trim());
  ftruncateSync(fd, 0);
  writeSync(fd, String(process.pid));
  return fd;
}

function waitForLeftovers(fd: number, home: string, holder: string): void {
  if (isAlive(Number(holder))) {
    throw new StartupError(`${home} is in use by the platform that runs as process ${holder}. Stop that one, or set another FN_HOME.`);
  }
  console.error(`waiting for what process ${holder} left to end`);
  if (tryLock(fd, ["-w", String(LEFTOVER_SECONDS)])) return;
  const left = holdersOf(join(home, "lock")).join(", ");
  throw new StartupError(`${home} is still in use by what process ${holder}, now gone, has started. End these processes: ${left}`);
}

function tryLock(fd: number, flags: string[]): boolean {
  const { status, error } = spawnSync("flock", [...flags, "3"], { stdio: ["ignore", "ignore", "inherit", fd] });
  if (error !== undefined) throw new StartupError(`flock (package util-linux) cannot be run: ${error.message}`, { cause: error });
  return status === 0;
}

/** Processes that have the file open, other than this one. */
function holdersOf(file: string): string[] {
  const links = globSync("/proc/[0-9]*/fd/*").filter((link) => readLink(link) === file);
  return [...new Set(links.map((link) => link.split("/")[2] ?? ""))].filter((pid) => pid !== String(process.pid));
}

/** Processes and descriptors come and go while we look. */
function readLink(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
