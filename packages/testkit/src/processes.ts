import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessFacts {
  pid: number;
  ppid: number;
  /** First line of its command, spaces between the arguments. */
  command: string;
}

/** Every process of this machine that can be read. */
export function processes(): ProcessFacts[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readProcess(pid) ?? []);
}

function readProcess(pid: string): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // "pid (name) state ppid …": the name may hold anything.
    const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid: Number(pid), ppid, command };
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** `root` and all below it, by parenthood. A process whose parent died is no longer found: see `inCgroups`. */
export function descendants(root: number): ProcessFacts[] {
  const all = processes();
  const found = all.filter(({ pid }) => pid === root);
  for (let at = 0; at < found.length; at++) found.push(...all.filter(({ ppid }) => ppid === found[at]!.pid));
  return found;
}

/** `/proc/<pid>/ns/*`: name → "pid:[4026531836]". */
export function namespaces(pid: number | "self"): Record<string, string> {
  const names = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
  return Object.fromEntries(names.map((name) => [name, readlinkSync(`/proc/${pid}/ns/${name}`)]));
}
