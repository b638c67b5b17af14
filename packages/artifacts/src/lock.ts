import { randomUUID } from "node:crypto";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { FnError } from "@zygo/contracts";

const WAIT_MS = 5_000;
/** Whoever holds a lock this long has crashed: the work under it takes milliseconds. */
const STALE_MS = 5_000;
const RETRY_MS = 4;

/** Runs work while no other process runs under the same lock file. @throws FnError CONFLICT when the lock stays taken. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path, Date.now() + WAIT_MS + STALE_MS);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, deadline: number): Promise<void> {
  while (!(await create(path))) {
    await breakStale(path);
    if (Date.now() > deadline) throw new FnError("CONFLICT");
    await sleep(RETRY_MS + Math.random() * RETRY_MS);
  }
}

async function create(path: string): Promise<boolean> {
  try {
    await (await open(path, "wx", 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes a stale lock file away. Only the file that was judged: one that another process made meanwhile is put back. */
async function breakStale(path: string): Promise<void> {
  const judged = await stat(path).catch(() => null);
  if (judged === null || Date.now() - judged.mtimeMs < STALE_MS) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await stat(aside)).ino !== judged.ino) await link(aside, path);
  } catch {
    // Another waiter was first.
  } finally {
    await rm(aside, { force: true });
  }
}
