import { descendants } from "../processes.ts";

export type ServiceKind = "gateway" | "worker" | "control" | "launcher" | "redis" | "jobs";

const COMMANDS: Record<ServiceKind, RegExp> = {
  gateway: /services\/gateway\/src\/main\.ts$/,
  worker: /services\/worker\/src\/main\.ts$/,
  control: /services\/control\/src\/main\.ts$/,
  launcher: /build\/bin\/launcher /,
  /** Each of them. */
  redis: /^redis-server/,
  jobs: /^redis-server .*jobs\.sock/,
};

/** Pids of all processes of a kind, below a supervisor. */
export function pidsOf(supervisor: number, kind: ServiceKind): number[] {
  return descendants(supervisor)
    .filter(({ command }) => COMMANDS[kind].test(command))
    .map(({ pid }) => pid);
}

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
