import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessFacts {
  pid: number;
  ppid: number;
  /** proc_pid_stat(5): R, S, …; Z when it has ended and waits for its parent. */
  state: string;
  /** Clock ticks from the machine's start to its own: with the pid it names a process for good. */
  startedTicks: number;
  /** First line of its command, spaces between the arguments. */
  command: string;
}

/** Every process of this machine that can be read, zombies included. */
export function processes(): ProcessFacts[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readProcess(pid) ?? []);
}

function readProcess(pid: string): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // "pid (name) state ppid …": the name may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "?", ppid, startedTicks] = [fields[0], Number(fields[1]), Number(fields[19])];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid: Number(pid), ppid, state, startedTicks, command };
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** `root` and all below it, by parenthood. A process whose parent died is no longer found: see `survivors`. */
export function descendants(root: number): ProcessFacts[] {
  const all = processes();
  const found = all.filter(({ pid }) => pid === root);
  for (let at = 0; at < found.length; at++) found.push(...all.filter(({ ppid }) => ppid === found[at]!.pid));
  return found;
}

/** Which of these processes, listed at some time before, still live; a zombie does not. */
export function survivors(before: readonly ProcessFacts[]): ProcessFacts[] {
  const living = processes().filter(({ state }) => state !== "Z" && state !== "X");
  const now = new Map(living.map((facts) => [facts.pid, facts]));
  return before.filter(({ pid, startedTicks }) => now.get(pid)?.startedTicks === startedTicks);
}

/** Processes whose command line or environment holds this text, a platform's FN_HOME say. */
export function processesNaming(text: string): ProcessFacts[] {
  return processes().filter(({ pid, command }) => command.includes(text) || environmentOf(pid).includes(text));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return ""; // it ended meanwhile
  }
}

/** `/proc/<pid>/ns/*`: name → "pid:[4026531836]". */
export function namespaces(pid: number | "self"): Record<string, string> {
  const names = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
  return Object.fromEntries(names.map((name) => [name, readlinkSync(`/proc/${pid}/ns/${name}`)]));
}
