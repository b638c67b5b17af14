import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { openArtifacts, openPayloads, openVolumes } from "@zygo/artifacts";
import { AsyncLane, refuseForgetfulRedis } from "@zygo/queue";
import { createSealer, createStore } from "@zygo/store";
import { registerAdminKey } from "./admin-key.ts";
import { createApp } from "./app.ts";
import { Prewarmer } from "./cron/prewarmer.ts";
import { Scheduler } from "./cron/scheduler.ts";
import { createLog, type Log } from "@zygo/service";
import { createProber } from "./probe.ts";
import { drain, listenOn } from "./server.ts";
import { readSettings, type Settings } from "./settings.ts";

/** Below the supervisor's patience, milliseconds. */
const DRAIN_MS = 8_000;

const settings = readSettings();
const log = createLog({ service: "control", level: settings.logLevel });
process.on("exit", () => log.flush());
process.on("uncaughtException", (error) => {
  log.error("uncaught", { error });
  process.exit(1);
});
await run(settings, log);

async function run(
  { paths, redisUrl, jobsRedisUrl, durability, publicUrl, adminKeyHash, defaultAuth, permitted, logLevel }: Settings,
  log: Log,
): Promise<void> {
  log.info("starting", { home: paths.home, publicUrl, defaultAuth, logLevel, adminKey: adminKeyHash === undefined ? "none" : "set" });
  const store = createStore({ url: redisUrl });
  const artifacts = await openArtifacts(paths.artifacts);
  const payloads = await openPayloads(paths.payloads);
  const secret = readFileSync(paths.linkSecret, "utf8").trim();
  const jobs = new AsyncLane({ url: jobsRedisUrl, durability, payloads, secret });
  const stop = new AbortController();
  // In the background: the API answers, if with refusals, while Redis is away.
  refuseForgetfulRedis(jobs, Infinity).catch((error: unknown) => {
    if (stop.signal.aborted) return;
    log.error("ends", { error });
    process.exit(1);
  });
  const context = {
    store,
    artifacts,
    volumes: openVolumes(paths.volumes),
    jobs,
    payloads,
    prober: createProber(store),
    sealer: createSealer(await readFile(paths.secretsKey, "utf8")),
    log,
    publicUrl,
    defaultAuth,
    permitted,
    adminKeyHash,
    stopping: stop.signal,
    now: Date.now,
  };
  const app = createApp(context);
  const server = await listenOn(paths.controlSocket, (request) => app.fetch(request));
  const scheduler = new Scheduler(context);
  scheduler.start();
  const prewarmer = new Prewarmer({ ...context, slots: (untilMs) => scheduler.coming(untilMs) });
  prewarmer.start();
  if (adminKeyHash !== undefined) void registerAdminKey(store, adminKeyHash, log, stop.signal);
  const end = async (signal: string): Promise<void> => {
    if (stop.signal.aborted) process.exit(0);
    log.info("stopping", { signal });
    stop.abort();
    scheduler.stop();
    prewarmer.stop();
    await drain(server, DRAIN_MS);
    store.close();
    jobs.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(signal));
  // Nothing of the platform outlives its supervisor.
  process.on("disconnect", () => process.exit(0));
  log.info("ready", { socket: paths.controlSocket });
  process.send?.({ ready: true });
}
