import { descendants } from "../processes.ts";
import { pidsOf } from "../service-pids.ts";

/** Pids of the zygotes: Node processes that a launcher started itself. */
export function zygotesOf(supervisor: number): number[] {
  const launchers = new Set(pidsOf(supervisor, "launcher"));
  return descendants(supervisor)
    .filter(({ ppid, command }) => launchers.has(ppid) && command.startsWith("node "))
    .map(({ pid }) => pid);
}

/** Nothing happens to one that has ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
