import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { homePaths } from "@zygo/contracts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";
import { pidsOf, type ServiceKind } from "../service-pids.ts";
import { signal, zygotesOf } from "./targets.ts";

/** Does harm, and ends what it can end of it. What is left heals by the platform's own means. */
export interface Fault {
  name: string;
  strike(stage: Stage, random: Random): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** Of both that the platform runs. */
const redisPids = (supervisor: number): number[] => [...pidsOf(supervisor, "redis"), ...pidsOf(supervisor, "jobs")];

const pidsNamed = (supervisor: number, kind: ServiceKind): number[] =>
  kind === "redis" ? redisPids(supervisor) : pidsOf(supervisor, kind);

function kill(kind: ServiceKind): Fault {
  return {
    name: `kill -9 of a ${kind}`,
    strike: ({ supervisor }, random) => {
      const pids = pidsNamed(supervisor, kind);
      if (pids.length > 0) signal(random.pick(pids), "SIGKILL");
      return Promise.resolve();
    },
  };
}

function freeze(kind: ServiceKind, forMs: [low: number, high: number]): Fault {
  return {
    name: `a ${kind} stands still`,
    strike: async ({ supervisor }, random) => {
      const pids = pidsNamed(supervisor, kind);
      if (pids.length === 0) return;
      const pid = random.pick(pids);
      signal(pid, "SIGSTOP");
      await sleep(random.between(...forMs));
      signal(pid, "SIGCONT");
    },
  };
}

const killZygote: Fault = {
  name: "kill -9 of a zygote",
  strike: ({ supervisor }, random) => {
    const pids = zygotesOf(supervisor);
    if (pids.length > 0) signal(random.pick(pids), "SIGKILL");
    return Promise.resolve();
  },
};

const redisRestart: Fault = {
  name: "each Redis is asked to stop, and starts again",
  strike: ({ supervisor }) => {
    for (const pid of redisPids(supervisor)) signal(pid, "SIGTERM");
    return Promise.resolve();
  },
};

/** None of them is there for so long: whoever starts one sees it die. */
function away(forMs: number): Fault {
  return {
    name: `no Redis for ${forMs / 1000} s`,
    strike: async ({ supervisor }) => {
      for (const endMs = performance.now() + forMs; performance.now() < endMs; await sleep(50))
        for (const pid of redisPids(supervisor)) signal(pid, "SIGKILL");
    },
  };
}

/** The append-only files are on file systems of their own, one of which has no room for a while. */
const fullDisk: Fault = {
  name: "the disk is full",
  strike: async ({ home }, random) => {
    const { redisData, jobsRedisData } = homePaths(home);
    const filler = join(random.pick([redisData, jobsRedisData]), "filler");
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(256 * 1024), { flag: "a" });
    } catch {
      await sleep(random.between(500, 2_000));
    }
    rmSync(filler, { force: true });
  },
};

const clockJump: Fault = {
  name: "the clocks jump",
  strike: async ({ clockFile }, random) => {
    writeFileSync(clockFile, String(random.pick([-HOUR_MS, HOUR_MS])));
    await sleep(random.between(500, 1_500));
    writeFileSync(clockFile, "0");
  },
};

const deploy: Fault = { name: "a deploy", strike: (stage) => stage.deploy() };

const rollback: Fault = { name: "a deploy and a rollback", strike: (stage) => stage.rollBack() };

const replace: Fault = { name: "gateways and workers are replaced", strike: ({ platform }) => platform.replaceServices() };

export const FAULTS: readonly Fault[] = [
  kill("gateway"),
  kill("worker"),
  kill("launcher"),
  kill("router"),
  killZygote,
  kill("control"),
  kill("redis"),
  redisRestart,
  away(3_000),
  away(30_000),
  freeze("gateway", [200, 2_000]),
  freeze("worker", [200, 2_000]),
  freeze("redis", [500, 3_000]),
  fullDisk,
  clockJump,
  deploy,
  rollback,
  replace,
];
