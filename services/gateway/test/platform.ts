import { createServer, type RequestListener, type Server } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_LIMITS, type Limits, type VersionRecord } from "@zygo/contracts";
import { openPayloads } from "@zygo/artifacts";
import { AsyncLane, SyncLane } from "@zygo/queue";
import { createSealer, createStore, type Store } from "@zygo/store";
import { logLines, RedisServer } from "@zygo/testkit";
import { startGateway, type Gateway, type GatewayOptions } from "../src/gateway.ts";
import { createLog } from "@zygo/service";
import { ScriptedWorker, type Served } from "./scripted-worker.ts";

/** Nothing is swept in a test. */
const KEPT = { settledMs: 3_600_000, mostSettled: 100_000, deadMs: 3_600_000, mostDead: 10_000 };

export const SECRET = "5e".repeat(32);
export const SECRETS_KEY = "ab".repeat(32);

/** The answer of a function that has nothing to say. */
export const answerOk = (served: Served): void => {
  served.claim();
  served.respond(200, [["content-type", "text/plain"]], "ok");
};

/** A gateway with a real Redis, a real store, and a scripted worker and control beside it. */
export class Platform {
  readonly redis: RedisServer;
  readonly store: Store;
  readonly lane: SyncLane;
  readonly jobLane: AsyncLane;
  readonly gateway: Gateway;
  /** Parsed log lines. */
  readonly lines: Record<string, unknown>[];
  readonly controlSocket: string;
  readonly #dir: string;
  readonly #workers: ScriptedWorker[] = [];
  #control: Server | undefined;

  private constructor(
    given: Pick<Platform, "redis" | "store" | "lane" | "jobLane" | "gateway" | "lines" | "controlSocket"> & { dir: string },
  ) {
    ({
      redis: this.redis,
      store: this.store,
      lane: this.lane,
      jobLane: this.jobLane,
      gateway: this.gateway,
      lines: this.lines,
      controlSocket: this.controlSocket,
    } = given);
    this.#dir = given.dir;
  }

  static async start(settings: Partial<Pick<GatewayOptions, "defaultAuth" | "openMetrics">> = {}): Promise<Platform> {
    const dir = await mkdtemp(join(tmpdir(), "zygo-gw-"));
    const redis = await RedisServer.start();
    const store = createStore({ url: redis.url });
    const lane = new SyncLane({ url: redis.url });
    const lines: Record<string, unknown>[] = [];
    const log = createLog({ service: "gateway", level: "debug", sink: logLines(lines) });
    const controlSocket = join(dir, "control.sock");
    const paths = { gatewaySocket: join(dir, "gateway.sock"), controlSocket };
    const payloads = await openPayloads(join(dir, "payloads"));
    const jobLane = new AsyncLane({ url: redis.url, durability: "kernel", payloads, secret: SECRET });
    const jobs = { lane: jobLane, payloads, slots: 16, batchSlots: 8, allowPrivateDestinations: true, retention: KEPT };
    const access = { defaultAuth: "public", openMetrics: true, ...settings } as const;
    const sealer = createSealer(SECRETS_KEY);
    const gateway = await startGateway({
      paths,
      host: "127.0.0.1",
      port: 0,
      linkSecret: SECRET,
      store,
      sealer,
      lane,
      jobs,
      log,
      ...access,
    });
    await eventually(() => lane.depth());
    return new Platform({ redis, store, lane, jobLane, gateway, lines, controlSocket, dir });
  }

  get url(): string {
    return this.gateway.url;
  }

  /** @returns the version's digest */
  async deploy(name: string, limits: Partial<Limits> = {}, digit = "a"): Promise<string> {
    const version = `sha256:${digit.repeat(64)}`;
    await this.store.putVersion(record(name, version, limits));
    await this.store.moveAlias({ name, alias: "live", version });
    // Until the gateway has heard of it.
    await sleep(20);
    return version;
  }

  worker(script: (served: Served) => void = answerOk, hello: { secret?: string; gateway?: string; worker?: string } = {}): ScriptedWorker {
    const worker = new ScriptedWorker({ redisUrl: this.redis.url, hello: { secret: SECRET, ...hello }, script }).start();
    this.#workers.push(worker);
    return worker;
  }

  async control(listener: RequestListener): Promise<void> {
    this.#control = createServer(listener);
    await new Promise<void>((resolve) => this.#control?.listen(this.controlSocket, resolve));
  }

  /** Log line of the invocation with this answer. */
  async line(answer: Response): Promise<Record<string, unknown>> {
    const id = answer.headers.get("x-fn-request-id");
    return await eventually(async () => found(this.lines.find((line) => line["requestId"] === id)));
  }

  async reset(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.stop()));
    this.#control?.closeAllConnections();
    await new Promise((resolve) => (this.#control === undefined ? resolve(0) : this.#control.close(resolve)));
    this.#control = undefined;
  }

  async end(): Promise<void> {
    await this.reset();
    await this.gateway.stop(100);
    this.lane.close();
    this.jobLane.close();
    this.store.close();
    await this.redis.end();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

export const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;

export function record(name: string, version: string, limits: Partial<Limits> = {}): VersionRecord {
  return {
    function: name,
    version,
    createdMs: 1,
    limits: { ...DEFAULT_LIMITS, ...limits },
    env: {},
    handlers: ["fetch"],
    format: "cjs",
    bundleBytes: 10,
    layer: sha("0"),
    sourceMap: null,
    startup: { totalMs: 1, loadMs: 1 },
    entry: "entry.ts",
  };
}

/** Until it no longer rejects. @throws its error after 5 seconds */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + 5000; ; await sleep(10)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not there yet");
  return value;
}
