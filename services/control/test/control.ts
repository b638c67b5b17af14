import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArtifacts, openPayloads, openVolumes } from "@zygo/artifacts";
import { createClient, type Client, type Deploy } from "@zygo/client";
import { redisOptions } from "@zygo/contracts";
import { AsyncLane } from "@zygo/queue";
import { createSealer, createStore, type Store } from "@zygo/store";
import { RedisServer } from "@zygo/testkit";
import { Redis } from "ioredis";
import { createApp } from "../src/app.ts";
import { createLog } from "@zygo/service";
import { createProber } from "../src/probe.ts";
import { ScriptedWorker } from "./scripted-worker.ts";

export const API_KEY = "test-key";
const URL_BASE = "http://127.0.0.1:8080";

/** The app of control on a real Redis, a real disk and a worker that is scripted. */
export interface Control {
  client: Client;
  store: Store;
  redis: RedisServer;
  raw: Redis;
  jobs: AsyncLane;
  worker: ScriptedWorker;
  /** Holds `artifacts/`. */
  directory: string;
  /** A request to the app as it is; with the key unless headers say otherwise. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The service's log until now. */
  logged(): string;
  stop: AbortController;
  end(): Promise<void>;
}

export async function startControl({ probeMs = 2000 } = {}): Promise<Control> {
  const redis = await RedisServer.start();
  const directory = await mkdtemp(join(tmpdir(), "zygo-control-"));
  const store = createStore({ url: redis.url });
  const worker = await ScriptedWorker.listen(directory);
  await store.announceWorker("w1", worker.address);
  const announcing = setInterval(() => void store.announceWorker("w1", worker.address).catch(() => {}), 1000);
  const payloads = await openPayloads(join(directory, "payloads"));
  const jobs = new AsyncLane({ url: redis.url, durability: "kernel", payloads, secret: "s3cret" });
  const stop = new AbortController();
  let text = "";
  const log = createLog({ service: "control", level: "debug", sink: { write: (more) => (text += more), flush: () => undefined } });
  const app = createApp({
    store,
    artifacts: await openArtifacts(join(directory, "artifacts")),
    volumes: openVolumes(join(directory, "volumes")),
    jobs,
    payloads,
    prober: createProber(store, probeMs),
    sealer: createSealer("5e".repeat(32)),
    log,
    publicUrl: URL_BASE,
    permitted: [],
    defaultAuth: "public",
    adminKeyHash: createHash("sha256").update(API_KEY).digest("hex"),
    stopping: stop.signal,
    now: Date.now,
  });
  const raw = new Redis(redisOptions(redis.url));
  raw.on("error", () => {});
  return {
    client: createClient({ url: URL_BASE, apiKey: API_KEY, fetch: async (input, init) => app.fetch(new Request(input, init)) }),
    store,
    redis,
    raw,
    jobs,
    worker,
    directory,
    logged: () => {
      log.flush();
      return text;
    },
    stop,
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) headers.set("authorization", `Bearer ${API_KEY}`);
      return app.fetch(new Request(URL_BASE + path, { ...init, headers }));
    },
    async end() {
      stop.abort();
      clearInterval(announcing);
      raw.disconnect();
      store.close();
      jobs.close();
      await worker.close();
      await redis.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Arguments of a deploy whose bundle is this text. */
export function uploadOf(text: string, more: Partial<Deploy> & { env?: Record<string, string> } = {}): Deploy {
  const { env = {}, ...rest } = more;
  return { name: "hello", meta: { format: "cjs", entry: "hello.ts", env }, bundle: text, ...rest };
}
