import { execFileSync } from "node:child_process";
import { globSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FAULTS, type Fault } from "../src/faults/nemesis.ts";
import { describe, playRound } from "../src/faults/round.ts";
import { Stage } from "../src/faults/stage.ts";
import { signal } from "../src/faults/targets.ts";
import { pidsOf } from "../src/service-pids.ts";
import { waitFor } from "../src/wait-for.ts";

const ROUNDS = 10;
/** The same each time, so that a change is to blame for what a change breaks; chosen for its 14 faults, clock jumps among them. `npm run test:faults` draws others. */
const SEED = 78_093;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

test.each(Array.from({ length: ROUNDS }, (_, round) => SEED + round))(
  "seed %i: what was promised under faults was kept",
  async (seed) => {
    const report = await playRound(stage, seed, FAULTS);
    console.log(describe(report));
    expect(report.violations).toEqual([]);
    expect(report.jobs).toBeGreaterThan(0);
  },
  240_000,
);

const redis = (command: string[]): string =>
  execFileSync("redis-cli", ["-s", homePaths(stage.home).jobsRedisSocket, ...command], { encoding: "utf8" });

/** What no platform can survive: its only disk forgets, here all since the append-only file was last rewritten. */
const amnesia: Fault = {
  name: "Redis loses the end of its append-only file",
  strike: async ({ home, supervisor }) => {
    const [pid] = pidsOf(supervisor, "jobs");
    if (pid === undefined) return;
    signal(pid, "SIGKILL");
    await waitFor("the end of Redis", () => !pidsOf(supervisor, "jobs").includes(pid));
    for (const file of globSync(join(homePaths(home).jobsRedisData, "appendonlydir", "*.incr.aof"))) truncateSync(file, 0);
  },
};

test("negative control: where accepted work is really lost, the check says so", async () => {
  redis(["bgrewriteaof"]);
  await waitFor("a rewritten file", () => redis(["info", "persistence"]).includes("aof_rewrite_in_progress:0"));
  const { violations } = await playRound(stage, SEED, [amnesia]);
  expect(violations.join("\n")).toContain("was accepted and is missing");
}, 240_000);
