import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, namespaces } from "./processes.ts";

/** What sandboxes are made of, counted for one process tree. Equal before and after means that nothing leaked. */
export interface Held {
  processes: number;
  /** Network namespaces that the tree's processes are in. */
  networkNamespaces: number;
  /** Mounts of this process's own mount namespace. */
  mounts: number;
  /** Control groups whose name holds `cgroupName`, in every hierarchy. */
  cgroups: number;
  /** Open descriptors of the root process. */
  fds: number;
}

/** Counts what the tree below `root` holds. */
export function held(root: number, cgroupName: string): Held {
  const tree = descendants(root);
  return {
    processes: tree.length,
    networkNamespaces: new Set(tree.map(({ pid }) => networkOf(pid))).size,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
    cgroups: cgroupsNamed(cgroupName).length,
    fds: readdirSync(`/proc/${root}/fd`).length,
  };
}

function networkOf(pid: number): string | undefined {
  try {
    return namespaces(pid)["net"];
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** Paths of all control groups below one whose name holds `name`. */
export function cgroupsNamed(name: string, root = "/sys/fs/cgroup"): string[] {
  return below(root, 4).filter((path) => path.includes(name));
}

function below(directory: string, depth: number): string[] {
  if (depth === 0) return [];
  let entries: string[];
  try {
    entries = readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [join(directory, entry.name)] : [],
    );
  } catch {
    return []; // it was removed meanwhile
  }
  return entries.flatMap((path) => [path, ...below(path, depth - 1)]);
}

/** Polls until `count()` equals `before` in every member, or `withinMs` is over; gives the last count. */
export async function settled(before: Held, count: () => Held, withinMs = 10_000): Promise<Held> {
  const end = Date.now() + withinMs;
  let now = count();
  while (JSON.stringify(now) !== JSON.stringify(before) && Date.now() < end) {
    await sleep(100);
    now = count();
  }
  return now;
}

/** What is held once it has not changed for a second: pools are full, nothing is being reaped. @throws Error after 20 s of change */
export async function steady(count: () => Held): Promise<Held> {
  let [last, sinceMs] = [count(), performance.now()];
  for (const endMs = sinceMs + 20_000; performance.now() - sinceMs < 1_000;) {
    if (performance.now() > endMs) throw new Error(`it does not come to rest: ${JSON.stringify(last)}`);
    await sleep(50);
    const now = count();
    if (JSON.stringify(now) !== JSON.stringify(last)) [last, sinceMs] = [now, performance.now()];
  }
  return last;
}
