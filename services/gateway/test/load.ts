/**
 * Load on a gateway alone: the real service with a real Redis, and a scripted worker that answers at once, each in its own process.
 *
 *   node services/gateway/test/load.ts [connections] [seconds]
 *
 * Prints what wrk says, and the gateway's CPU time a request. Needs wrk.
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { homePaths } from "@zygo/contracts";
import { createStore } from "@zygo/store";
import { RedisServer } from "@zygo/testkit";
import { answerOk, eventually, record, SECRET, SECRETS_KEY, sha } from "./platform.ts";
import { ScriptedWorker } from "./scripted-worker.ts";

const [role = "32", seconds = "5"] = process.argv.slice(2);
if (role === "worker") new ScriptedWorker({ redisUrl: seconds, hello: { secret: SECRET }, script: answerOk, keep: false }).start();
else await measure(role, seconds);

/** User and system time of a process, milliseconds. */
async function cpuMs(pid: number | undefined): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measure(connections: string, duration: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "zygo-load-"));
  await mkdir(homePaths(home).run, { recursive: true });
  await writeFile(homePaths(home).linkSecret, SECRET);
  await writeFile(homePaths(home).secretsKey, SECRETS_KEY);
  // As the supervisor has it: one Redis for the synchronous lane, one that writes to disk for jobs.
  const [redis, jobs] = [await RedisServer.start(), await RedisServer.start({ durable: true })];
  await symlink(redis.url.replace("unix://", ""), homePaths(home).redisSocket);
  await symlink(jobs.url.replace("unix://", ""), homePaths(home).jobsRedisSocket);
  const store = createStore({ url: redis.url });
  await eventually(() => store.ping());
  await store.putVersion(record("echo", sha("a")));
  await store.moveAlias({ name: "echo", alias: "live", version: sha("a") });
  const env = { ...process.env, FN_HOME: home, FN_PORT: "0" };
  const gateway = fork(new URL("../src/main.ts", import.meta.url), { env, stdio: ["ignore", "pipe", "inherit", "ipc"], execArgv: [] });
  const worker = fork(import.meta.filename, ["worker", redis.url]);
  try {
    const url = `${await listening(gateway.stdout as Readable)}/fn/echo`;
    gateway.stdout?.resume();
    const wrk = (...args: string[]) => promisify(execFile)("wrk", ["-t1", `-c${connections}`, ...args, url]);
    await wrk("-d2");
    const before = await cpuMs(gateway.pid);
    const { stdout: report } = await wrk(`-d${duration}`, "--latency");
    const requests = Number(/(\d+) requests in/.exec(report)?.[1]);
    console.log(report);
    console.log(`gateway: ${(((await cpuMs(gateway.pid)) - before) / requests) * 1000} µs of CPU a request`);
  } finally {
    worker.kill();
    gateway.kill();
    await Promise.all([once(worker, "exit"), once(gateway, "exit")]);
    store.close();
    await Promise.all([redis.end(), jobs.end()]);
    await rm(home, { recursive: true, force: true });
  }
}

async function listening(stdout: Readable): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg === "listening") return url;
  }
  throw new Error("the gateway did not start");
}
