import { readFileSync } from "node:fs";
import { openPayloads } from "@zygo/artifacts";
import { AsyncLane, refuseForgetfulRedis, SyncLane } from "@zygo/queue";
import { createSealer, createStore } from "@zygo/store";
import { startGateway, type Gateway } from "./gateway.ts";
import { createLog, type Log } from "@zygo/service";
import { readSettings } from "./settings.ts";

/** What is in flight when the process is asked to stop has this long, milliseconds. */
const DRAIN_MS = 25_000;
/** And this long when the supervisor is gone, and with it most that an answer needs. */
const ORPHAN_DRAIN_MS = 2000;
/** Redis is there by then, else the supervisor starts this process again, milliseconds. */
const REDIS_ANSWERS_MS = 10_000;

const settings = readSettings();
const log = createLog({ service: "gateway", level: settings.logLevel });
const store = createStore({ url: settings.redisUrl });
const lane = new SyncLane({ url: settings.redisUrl });

const linkSecret = readFileSync(settings.paths.linkSecret, "utf8").trim();
const payloads = await openPayloads(settings.paths.payloads);
const jobLane = new AsyncLane({ url: settings.jobsRedisUrl, durability: settings.durability, payloads, secret: linkSecret });
await refuseForgetfulRedis(jobLane, REDIS_ANSWERS_MS);
const sealer = createSealer(readFileSync(settings.paths.secretsKey, "utf8"));

const gateway = await startGateway({
  ...settings,
  linkSecret,
  store,
  sealer,
  lane,
  jobs: { ...settings.jobs, lane: jobLane, payloads },
  log,
});
stopOnSignal(gateway, log);
log.info("listening", { url: gateway.url, workers: gateway.workerAddress });
process.send?.({ ready: true });

/** The first signal drains, the second ends at once. */
function stopOnSignal(running: Gateway, logging: Log): void {
  let asked = false;
  const stop = (reason: string, drainMs: number): void => {
    asked = true;
    logging.info("stopping", { reason });
    void running.stop(drainMs).finally(() => {
      store.close();
      lane.close();
      jobLane.close();
      logging.flush();
      process.exit(0);
    });
  };
  const onSignal = (signal: string): void => (asked ? process.exit(1) : stop(signal, DRAIN_MS));
  process.on("SIGTERM", onSignal);
  // A terminal's Ctrl-C reaches the whole group; under a supervisor it is the supervisor that decides, by SIGTERM.
  process.on("SIGINT", process.send === undefined ? onSignal : () => {});
  process.on("disconnect", () => asked || stop("supervisor gone", ORPHAN_DRAIN_MS));
}
