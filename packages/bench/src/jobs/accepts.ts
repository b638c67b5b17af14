import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { homePaths } from "@zygo/contracts";
import { startPlatform, type Platform } from "@zygo/testkit";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { median } from "../statistics.ts";

export interface Accepts {
  connections: number;
  gateways: number;
  /** Jobs a second, each round. */
  bare: number[];
  http: number[];
  /** The medians' ratio, ours to bare. */
  ratio: number;
  p99Ms: number[];
}

const BODY = JSON.stringify({ to: "ada" });
const SCRIPT = `wrk.method = "POST"
wrk.body = '${BODY}'
wrk.headers["prefer"] = "respond-async"
wrk.headers["content-type"] = "application/json"
`;

/**
 * Jobs accepted a second through HTTP, by wrk, against BullMQ's own `add` in this process, on the same Redis, which writes each to disk
 * before it answers; in turns. Nothing runs meanwhile but one attempt that sleeps. Needs wrk.
 */
export async function measureAccepts(given: { connections: number; gateways: number; rounds: number; seconds: number }): Promise<Accepts> {
  const scratch = mkdtempSync(join(tmpdir(), "fn-accepts-"));
  const script = join(scratch, "post.lua");
  writeFileSync(script, SCRIPT);
  const platform = await startPlatform({ env: { FN_GATEWAYS: String(given.gateways) } });
  const connection = new Redis({ path: homePaths(platform.home).jobsRedisSocket, maxRetriesPerRequest: null });
  const queue = new Queue("bare", { connection });
  try {
    await platform.deploy(join(import.meta.dirname, "functions/holds.ts"));
    const found: Accepts = { ...given, bare: [], http: [], ratio: 0, p99Ms: [] };
    for (let round = -1; round < given.rounds; round++) {
      const bare = await addForAWhile(queue, platform, given);
      const http = await acceptForAWhile(platform, script, given);
      // The first one warms up.
      if (round < 0) continue;
      found.bare.push(bare);
      found.http.push(http.perSecond);
      found.p99Ms.push(http.p99Ms);
    }
    return { ...found, ratio: median(found.http) / median(found.bare) };
  } finally {
    await queue.close();
    connection.disconnect();
    await platform.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What a job of ours holds: the request. */
async function addForAWhile(queue: Queue, platform: Platform, given: { connections: number; seconds: number }): Promise<number> {
  const headers = [
    ["content-type", "application/json"],
    ["x-forwarded-for", "127.0.0.1"],
  ];
  const data = { method: "POST", url: platform.at("holds"), headers, body: BODY };
  const startedAt = performance.now();
  let added = 0;
  const keepAdding = async (): Promise<void> => {
    for (; performance.now() - startedAt < given.seconds * 1000; added++) await queue.add("run", data, { attempts: 4 });
  };
  await Promise.all(Array.from({ length: given.connections }, keepAdding));
  return added / ((performance.now() - startedAt) / 1000);
}

async function acceptForAWhile(
  platform: Platform,
  script: string,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<{ perSecond: number; p99Ms: number }> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, platform.at("holds")];
  const { stdout } = await promisify(execFile)("wrk", args);
  if (stdout.includes("Non-2xx")) throw new Error(`not every job was accepted:\n${stdout}`);
  const [, figure = "", unit = ""] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1000 }[unit] ?? NaN;
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p99Ms: Number(figure) * scale };
}
