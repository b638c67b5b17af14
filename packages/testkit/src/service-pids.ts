import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import { descendants, type ProcessFacts } from "./processes.ts";

const COMMANDS = {
  redis: /^redis-server .*\/redis\.(?:sock|conf)/,
  /** The async lane's Redis. */
  jobs: /^redis-server .*\/jobs\.(?:sock|conf)/,
  control: /services\/control\/src\/main\.ts$/,
  gateway: /services\/gateway\/src\/main\.ts$/,
  worker: /services\/worker\/src\/main\.ts$/,
  launcher: /build\/bin\/launcher /,
  router: /build\/bin\/router /,
};
export type ServiceKind = keyof typeof COMMANDS;

/** A platform's processes by what they are, the first where there are several; undefined: it does not run at the moment. */
export type ServicePids = Record<ServiceKind, number | undefined> & { supervisor: number };

export function servicePids(supervisor: number): ServicePids {
  const tree = descendants(supervisor);
  const first = (kind: ServiceKind): number | undefined => ofKind(tree, kind)[0];
  return {
    supervisor,
    redis: first("redis"),
    jobs: first("jobs"),
    control: first("control"),
    gateway: first("gateway"),
    worker: first("worker"),
    launcher: first("launcher"),
    router: first("router"),
  };
}

/** Pids of all processes of a kind, below a supervisor. */
export function pidsOf(supervisor: number, kind: ServiceKind): number[] {
  return ofKind(descendants(supervisor), kind);
}

function ofKind(tree: readonly ProcessFacts[], kind: ServiceKind): number[] {
  return tree.filter(({ command }) => COMMANDS[kind].test(command)).map(({ pid }) => pid);
}

/** Pids of the zygotes that came up under the present worker, newest last: read from its log, since a zygote and its children look alike. */
export function zygotePids(home: string, runtime: string): number[] {
  const lines = readFileSync(join(homePaths(home).logs, "worker.log"), "utf8").split("\n");
  return lines
    .slice(lines.findLastIndex((line) => line.includes('"msg":"starting"')))
    .filter((line) => line.includes('"zygote ready"'))
    .map((line) => JSON.parse(line) as { runtime: string; pid: number })
    .filter((line) => line.runtime === runtime)
    .map(({ pid }) => pid);
}
