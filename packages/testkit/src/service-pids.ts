import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import { descendants, type ProcessFacts } from "./processes.ts";

/** A platform's processes by what they are; undefined: it does not run at the moment. */
export interface ServicePids {
  supervisor: number;
  redis: number | undefined;
  /** The async lane's Redis. */
  jobs: number | undefined;
  control: number | undefined;
  gateway: number | undefined;
  worker: number | undefined;
  launcher: number | undefined;
  router: number | undefined;
}

export function servicePids(supervisor: number): ServicePids {
  const tree = descendants(supervisor);
  const pidOf = (test: (facts: ProcessFacts) => boolean): number | undefined => tree.find(test)?.pid;
  const service = (name: string): number | undefined => pidOf(({ command }) => command.endsWith(`services/${name}/src/main.ts`));
  const redis = (name: string): number | undefined =>
    pidOf(({ command }) => command.startsWith("redis-server") && new RegExp(`/${name}\\.(?:sock|conf)`).test(command));
  return {
    supervisor,
    redis: redis("redis"),
    jobs: redis("jobs"),
    control: service("control"),
    gateway: service("gateway"),
    worker: service("worker"),
    router: pidOf(({ command }) => command.includes("build/bin/router ")),
    launcher: pidOf(({ command }) => command.includes("build/bin/launcher ")),
  };
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
