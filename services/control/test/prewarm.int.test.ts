import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS, PrewarmRequest } from "@zygo/contracts";
import { decideSchedule } from "@zygo/core";
import { AsyncLane } from "@zygo/queue";
import { createLog } from "@zygo/service";
import { createStore, type Store } from "@zygo/store";
import { RedisServer, waitFor } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Prewarmer } from "../src/cron/prewarmer.ts";
import { Scheduler } from "../src/cron/scheduler.ts";

/** A real Redis, a scheduler that does not fire, and two workers that write down what they are told to expect. */
const VERSION = `sha256:${"1".repeat(64)}`;
const NO_PAYLOADS = {
  put: () => Promise.reject(new Error("too large")),
  get: () => Promise.resolve(null),
  remove: () => Promise.resolve(),
};
const log = createLog({ service: "control", level: "error", sink: { write: () => undefined, flush: () => undefined } });

let redis: RedisServer;
let folder: string;
let store: Store;
let lane: AsyncLane;
let workers: Server[];
let told: PrewarmRequest[][];
let prewarmer: Prewarmer;
let scheduler: Scheduler;

beforeEach(async () => {
  redis = await RedisServer.start({ durable: true });
  folder = mkdtempSync(join(tmpdir(), "zygo-prewarm-"));
  store = createStore({ url: redis.url });
  lane = new AsyncLane({ url: redis.url, payloads: NO_PAYLOADS, secret: "s" });
  await waitFor("Redis", () =>
    lane.check().then(
      () => true,
      () => false,
    ),
  );
  told = [[], []];
  workers = await Promise.all(told.map((requests, at) => listen(join(folder, `${at}.sock`), requests)));
  for (const at of told.keys()) await store.announceWorker(`w${at}`, `unix:${join(folder, `${at}.sock`)}`);
});
afterEach(async () => {
  prewarmer?.stop();
  scheduler?.stop();
  for (const worker of workers) worker.close();
  lane.close();
  store.close();
  await redis.end();
  rmSync(folder, { recursive: true });
});

async function listen(path: string, requests: PrewarmRequest[]): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/prewarm") requests.push(PrewarmRequest.parse(JSON.parse(Buffer.concat(chunks).toString())));
      response.writeHead(202).end();
    });
  });
  await once(server.listen(path), "listening");
  return server;
}

async function deploy(cron: string[]): Promise<void> {
  const schedules = cron.map((schedule, at) => decideSchedule({ schedule, name: `s${at}` }));
  const limits = { ...DEFAULT_LIMITS, concurrency: 1, maxInstances: 10, cron: schedules };
  await store.putVersion({
    ...{ function: "f", version: VERSION, createdMs: 1, limits, env: {}, handlers: ["scheduled"] },
    ...{ format: "cjs", bundleBytes: 1, layer: VERSION, sourceMap: null, startup: { totalMs: 1, loadMs: 1 }, entry: "f.ts" },
  });
  await store.moveAlias({ name: "f", alias: "live", version: VERSION });
}

function begin(now: () => number): void {
  scheduler = new Scheduler({ store, jobs: lane, log, now });
  scheduler.start();
  prewarmer = new Prewarmer({ store, jobs: lane, slots: (untilMs) => scheduler.coming(untilMs), log, now });
  prewarmer.start();
}

test("slots within the next seconds: each worker is told once, of its share, with the time", async () => {
  const slotMs = Math.ceil(Date.now() / 60_000) * 60_000 + 60_000;
  await deploy(["0 * * * * *", "0 * * * * *", "0 * * * * *", "30 * * * * *"]);
  // Time stands still, two seconds before three of the slots.
  begin(() => slotMs - 2000);
  await waitFor("both workers are told", () => told.every((requests) => requests.length > 0));
  const looked = store.liveWorkers.bind(store);
  expect((await looked(60_000)).length).toBe(2);
  const expected = { function: "f", version: VERSION, instances: 2, atMs: slotMs };
  expect(told).toEqual([[expected], [expected]]);
});

test("jobs that were put off are told of before they are due, and those of later are not", async () => {
  await deploy([]);
  const job = { function: "f", url: "http://f.test/" };
  for (let count = 0; count < 4; count++) await lane.enqueue({ ...job, delayMs: 2_500 });
  await lane.enqueue({ ...job, delayMs: 3_600_000 });
  begin(Date.now);
  await waitFor("both workers are told", () => told.every((requests) => requests.length > 0));
  expect(told.map(([first]) => first)).toMatchObject([{ instances: 2 }, { instances: 2 }]);
});
