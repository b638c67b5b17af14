import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEFAULT_LIMITS, type EnvelopeHead, type Limits, type VersionRecord } from "@zygo/contracts";
import { SyncLane } from "@zygo/queue";
import { openSandboxHost } from "@zygo/sandbox";
import { createSealer, createStore, openSecrets, type Store } from "@zygo/store";
import { logLines, RedisServer } from "@zygo/testkit";
import { createLog } from "@zygo/service";
import { startWorker, type Worker, type WorkerOptions } from "../src/worker.ts";
import { GatewayEnd, type Answer, type Call } from "./gateway-end.ts";

const BASES = resolve(import.meta.dirname, "../../../build/base");

export interface TestFunction {
  function: string;
  version: string;
}

type Given = Partial<EnvelopeHead> & { body?: string };

export interface Platform {
  worker: Worker;
  store: Store;
  gateway: GatewayEnd;
  socket: string;
  /** The worker's log lines. */
  lines: Record<string, unknown>[];
  /** Puts a version of a function into the store, its source CommonJS. */
  deploy(name: string, source: string, limits?: Partial<Limits>): Promise<TestFunction>;
  call(to: TestFunction, given?: Given): Promise<Answer>;
  invoke(to: TestFunction, given?: Given): Call;
  enqueue(envelope: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** Of the secrets of every platform here. */
export const SEALER = createSealer("5e".repeat(32));

/** A worker with real sandboxes, a real Redis and the gateway's end of its link. */
export async function startPlatform(over: Partial<Pick<WorkerOptions, "maxInstances" | "poolSize" | "gateway">> = {}): Promise<Platform> {
  const home = mkdtempSync(join(tmpdir(), "fn-worker-"));
  const layers = join(home, "layers");
  mkdirSync(layers);
  const redis = await RedisServer.start();
  const store = createStore({ url: redis.url });
  const lane = new SyncLane({ url: redis.url });
  const gateway = await GatewayEnd.listen(join(home, "gateway.sock"), (envelope) => lane.enqueue(envelope));
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ service: "worker", level: "debug", sink: logLines(lines) });
  let worker: Worker | undefined;
  const host = await openSandboxHost({
    name: createHash("sha256").update(home).digest("hex").slice(0, 12),
    runDir: home,
    layersDir: layers,
    bases: { node24: join(BASES, "node24") },
    onLog: (line) => log.warn("launcher", { line }),
    onZygoteExit: (runtime) => worker?.zygoteLost(runtime),
  });
  const socket = join(home, "worker.sock");
  const started = (worker = await startWorker({
    id: "w1",
    secret: "5e".repeat(32),
    socket,
    gateway: { host: "127.0.0.1", port: 1 },
    maxInstances: 64,
    poolSize: 2,
    runtimes: ["node24"],
    lookup: () => Promise.reject(new Error("no name servers here")),
    permitted: [],
    host,
    store,
    lane,
    log,
    secrets: (id, names) => openSecrets(store, SEALER, { id, names }),
    materialise: ({ layer }) => Promise.resolve(join(layers, layer.slice("sha256:".length))),
    materialiseDependencies: () => Promise.reject(new Error("no layers of packages here")),
    ...over,
  }));

  const deploy = async (name: string, source: string, limits: Partial<Limits> = {}): Promise<TestFunction> => {
    const hex = createHash("sha256").update(source).digest("hex");
    mkdirSync(join(layers, hex, "app"), { recursive: true });
    writeFileSync(join(layers, hex, "app", "main.cjs"), source);
    const version = `sha256:${createHash("sha256")
      .update(name + source + JSON.stringify(limits))
      .digest("hex")}`;
    const record: VersionRecord = {
      function: name,
      version,
      createdMs: Date.now(),
      limits: { ...DEFAULT_LIMITS, ...limits },
      env: {},
      handlers: ["fetch"],
      format: "cjs",
      bundleBytes: source.length,
      layer: `sha256:${hex}`,
      sourceMap: null,
      startup: { totalMs: 1, loadMs: 1 },
      entry: "main.ts",
    };
    await store.putVersion(record);
    await store.moveAlias({ name, alias: "live", version });
    return { function: name, version };
  };
  const invoke: Platform["invoke"] = (to, { body = "", ...head } = {}) => gateway.invoke({ ...to, ...head }, body);
  const close = async (): Promise<void> => {
    await started.stop();
    await host.close();
    gateway.close();
    lane.close();
    store.close();
    await redis.end();
    rmSync(home, { recursive: true, force: true });
  };
  return {
    worker: started,
    store,
    gateway,
    socket,
    lines,
    deploy,
    invoke,
    enqueue: (envelope) => lane.enqueue(envelope),
    call: (to, given = {}) => invoke(to, given).answer.promise,
    close,
  };
}
