import { fork, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEFAULT_LIMITS, homePaths } from "@zygo/contracts";
import { SyncLane } from "@zygo/queue";
import { createStore, type Store } from "@zygo/store";
import { RedisServer } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GatewayEnd } from "./gateway-end.ts";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");

let home: string;
let redis: RedisServer;
let worker: ChildProcess;
let exited: Promise<unknown[]>;
let output = "";
let store: Store;
let lane: SyncLane;
let gateway: GatewayEnd;

beforeEach(async () => {
  output = "";
  home = mkdtempSync(join(tmpdir(), "fn-wp-"));
  const paths = homePaths(home);
  mkdirSync(paths.run, { recursive: true });
  mkdirSync(paths.layers);
  writeFileSync(paths.linkSecret, "ab".repeat(32));
  writeFileSync(paths.secretsKey, "ab".repeat(32));
  redis = await RedisServer.start();
  store = createStore({ url: redis.url });
  lane = new SyncLane({ url: redis.url });
  gateway = await GatewayEnd.listen(paths.gatewaySocket, (envelope) => lane.enqueue(envelope));
  const env = { PATH: process.env["PATH"], FN_HOME: home, REDIS_URL: redis.url, FN_POOL_SIZE: "1", FN_API_KEY: "not ours" };
  worker = fork(MAIN, { env, stdio: ["ignore", "pipe", "inherit", "ipc"] });
  worker.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  exited = once(worker, "exit");
  const [message] = (await once(worker, "message")) as [unknown];
  expect(message).toEqual({ ready: true });
}, 30_000);

afterEach(async () => {
  if (worker.exitCode === null) worker.kill("SIGKILL");
  await exited;
  gateway.close();
  lane.close();
  store.close();
  await redis.end();
  rmSync(home, { recursive: true, force: true });
}, 30_000);

/** A function whose artifact is unpacked already; layers hold the source map's digest in their name when there is one. */
async function deploy(source: string): Promise<{ function: string; version: string }> {
  const hex = createHash("sha256").update(source).digest("hex");
  mkdirSync(join(home, "layers", hex, "app"), { recursive: true });
  writeFileSync(join(home, "layers", hex, "app", "main.cjs"), source);
  const version = `sha256:${hex}`;
  await store.putVersion({
    function: "drained",
    version,
    createdMs: 1,
    limits: DEFAULT_LIMITS,
    env: {},
    handlers: ["fetch"],
    format: "cjs",
    bundleBytes: 1,
    layer: version,
    sourceMap: null,
    startup: { totalMs: 1, loadMs: 1 },
    entry: "main.ts",
  });
  return { function: "drained", version };
}

/** Processes that this worker's launcher or zygotes left. */
function leftovers(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(home);
    } catch {
      return false;
    }
  });
}

test("announces itself; SIGTERM finishes what it has, then exits 0 and leaves no process", async () => {
  await expect
    .poll(async () => (await store.liveWorkers(2_000)).map(({ address }) => address))
    .toEqual([`unix:${homePaths(home).workerSocket}`]);
  const slow = await deploy(`exports.fetch = () => new Promise((r) => setTimeout(() => r(new Response("finished")), 700));`);
  const call = gateway.invoke(slow);
  await call.claimed.promise;
  worker.kill("SIGTERM");
  expect((await call.answer.promise).body).toBe("finished");
  expect((await exited)[0]).toBe(0);
  expect(await store.liveWorkers(60_000)).toEqual([]);
  await expect.poll(() => leftovers()).toEqual([]);
});

test("a second signal ends it at once", async () => {
  const endless = await deploy(`exports.fetch = () => new Promise(() => {});`);
  const call = gateway.invoke(endless);
  await call.claimed.promise;
  worker.kill("SIGTERM");
  await expect.poll(async () => (await store.liveWorkers(60_000)).length).toBe(0);
  const at = performance.now();
  worker.kill("SIGTERM");
  await exited;
  expect(performance.now() - at).toBeLessThan(2_000);
});

test("it does not outlive its supervisor", async () => {
  worker.disconnect();
  await exited;
});

test("a launcher that is lost ends it, with the reason in its log", async () => {
  const launcher = leftovers().find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("bin/launcher"));
  process.kill(Number(launcher), "SIGKILL");
  expect((await exited)[0]).toBe(1);
  expect(output).toContain("launcher lost");
});
