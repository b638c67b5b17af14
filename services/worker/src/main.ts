import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { materialise, materialiseDependencies } from "@zygo/artifacts";
import { RUNTIMES } from "@zygo/contracts/names";
import { SyncLane } from "@zygo/queue";
import { lookAtHost, openSandboxHost } from "@zygo/sandbox";
import { createSealer, createStore, openSecrets } from "@zygo/store";
import { createLog, type Log } from "@zygo/service";
import { requireHost } from "./host-gate.ts";
import { lookupBy } from "./names.ts";
import { openNetwork } from "./open-network.ts";
import { readSettings, type Settings } from "./settings.ts";
import { startWorker, type Worker } from "./worker.ts";

const BASES = resolve(import.meta.dirname, "../../../build/base");
/** A launcher that does not end its sandboxes by then is left to end with this process, milliseconds. */
const CLOSE_MS = 3_000;

const settings = readSettings();
const log = createLog({ service: "worker", level: settings.logLevel });
process.on("exit", () => log.flush());
process.on("uncaughtException", (error) => {
  log.error("uncaught", { error });
  process.exit(1);
});
// Nothing outlives the supervisor.
process.on("disconnect", () => process.exit(0));
await run(settings, log);

async function run(
  { paths, slot, redisUrl, gateway, maxInstances, poolSize, maxSpares, seccompDenials, permitted, nameServers, allowMissing }: Settings,
  log: Log,
): Promise<void> {
  const hostChecks = requireHost(allowMissing, await lookAtHost());
  for (const { name, found, means } of hostChecks.filter(({ ok, mandatory }) => mandatory && !ok))
    log.warn("the host lacks a mandatory control, as allowed", { name, found, means });
  log.info("starting", { home: paths.home, maxInstances, poolSize, seccompDenials, gateway });
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  mkdirSync(paths.volumes, { recursive: true, mode: 0o700 });
  mkdirSync(paths.layers, { recursive: true, mode: 0o700 });
  const secret = readFileSync(paths.linkSecret, "utf8").trim();
  const runtimes = RUNTIMES.filter((runtime) => existsSync(join(BASES, runtime)));
  const starting = Promise.withResolvers<Worker>();
  const runDir = runDirectory(paths.run, slot);
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const network = await openNetwork({
    name: networkName(paths.home, slot),
    runDir,
    sandboxes: 2 * maxInstances,
    permitted,
    hostChecks,
    log,
  });
  const host = await openSandboxHost({
    name: hostName(paths.home, slot),
    ...(network !== undefined && { network }),
    runDir,
    layersDir: paths.layers,
    volumesDir: paths.volumes,
    seccompDenials,
    bases: Object.fromEntries(runtimes.map((runtime) => [runtime, join(BASES, runtime)])),
    onLog: (line) => log.warn("launcher", { line }),
    onZygoteExit: (runtime) => void starting.promise.then((worker) => worker.zygoteLost(runtime)),
  });
  let stopping = false;
  void host.lost.then((reason) => {
    if (stopping) return;
    log.error("launcher lost, and every sandbox with it", { reason });
    process.exit(1);
  });
  void network?.lost.then((reason) => {
    if (stopping) return;
    log.error("router lost, and the network of every sandbox with it", { reason });
    process.exit(1);
  });
  const store = createStore({ url: redisUrl });
  const sealer = createSealer(readFileSync(paths.secretsKey, "utf8"));
  const lane = new SyncLane({ url: redisUrl });
  const worker = await startWorker({
    id: `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`,
    secret,
    socket: paths.workerSocket,
    gateway,
    maxInstances,
    poolSize,
    maxSpares,
    seccompDenials,
    hostChecks,
    runtimes,
    lookup: lookupBy(nameServers),
    permitted,
    host,
    store,
    lane,
    secrets: (id, names) => openSecrets(store, sealer, { id, names }),
    materialise: (wanted) => materialise({ artifacts: paths.artifacts, layers: paths.layers, ...wanted }),
    materialiseDependencies: (dependencies) => materialiseDependencies({ artifacts: paths.artifacts, layers: paths.layers, dependencies }),
    log,
  });
  starting.resolve(worker);
  const end = async (): Promise<void> => {
    if (stopping) process.exit(0);
    stopping = true;
    await worker.stop();
    setTimeout(() => process.exit(0), CLOSE_MS).unref();
    await host.close();
    await network?.close();
    process.exit(0);
  };
  // The first drains, a second one ends at once.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end());
  log.info("ready");
  process.send?.({ ready: true });
}

/** Of the launcher's lock and stage. */
function runDirectory(run: string, slot: number): string {
  return slot === 0 ? run : join(run, `worker-${slot}`);
}

/** Of this worker's cgroups. */
function hostName(home: string, slot: number): string {
  const installation = createHash("sha256").update(home).digest("hex").slice(0, 12);
  return slot === 0 ? installation : `${installation}-${slot}`;
}

/** Of this worker's links and tables on the host: hex, since links' names are short. */
function networkName(home: string, slot: number): string {
  return createHash("sha256")
    .update(slot === 0 ? home : `${home}\n${slot}`)
    .digest("hex")
    .slice(0, 12);
}
