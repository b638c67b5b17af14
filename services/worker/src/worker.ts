import { FnError, type HostCheck, type Prefix } from "@zygo/contracts";
import { MOST_SPARES } from "@zygo/core";
import type { RuntimeName } from "@zygo/contracts/names";
import type { SandboxHost } from "@zygo/sandbox";
import type { LogEntry, QuotaSource } from "@zygo/store";
import { announce } from "./announce.ts";
import { serveApi } from "./api.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FunctionLogs } from "./function-logs.ts";
import { InsideServices } from "./inside.ts";
import { Names, type Lookup } from "./names.ts";
import { createInternalCalls } from "./internal-calls.ts";
import type { Log } from "@zygo/service";
import { probe } from "./probe.ts";
import { followAliases, type AliasSource } from "./retire.ts";
import { followStanding, type StandingSource } from "./standing.ts";
import { redactLog } from "./redact.ts";
import { Runtimes } from "./runtimes.ts";
import { Starter } from "./starter.ts";
import { followTenants, TenantQuotas } from "./tenancy.ts";
import { deadlined } from "./timers.ts";
import type { VersionSource } from "./versions.ts";

/** Idle instances are looked through this often, milliseconds. */
const SWEEP_MS = 250;
/** How long a stopping worker finishes what it has, milliseconds. */
const DRAIN_MS = 25_000;

/** What the worker needs of the platform's state. */
export interface WorkerStore extends AliasSource, StandingSource, QuotaSource {
  appendLogs(name: string, lines: readonly LogEntry[]): Promise<void>;
  announceWorker(id: string, address: string): Promise<void>;
  removeWorker(id: string): Promise<void>;
}

export interface WorkerOptions {
  id: string;
  /** Of the installation's services, hex. */
  secret: string;
  /** Path of the API's socket. */
  socket: string;
  gateway: { host: string; port: number };
  maxInstances: number;
  poolSize: number | undefined;
  maxSpares?: number | undefined;
  /** What the operator refuses to functions, told to those who ask for this worker's health. */
  seccompDenials?: readonly string[];
  /** What this host offers and lacks. */
  hostChecks?: readonly HostCheck[];
  /** Resolves functions' names. */
  lookup: Lookup;
  /** What of the addresses that are not public rules may name. */
  permitted: readonly Prefix[];
  /** Those that have a base layer here. */
  runtimes: readonly RuntimeName[];
  host: SandboxHost;
  store: WorkerStore;
  lane: { take(max: number, signal: AbortSignal): Promise<Buffer[]> };
  materialise: VersionSource["materialise"];
  materialiseDependencies: VersionSource["materialiseDependencies"];
  /** Values of a function's secrets. */
  secrets: VersionSource["secrets"];
  log: Log;
}

export interface Worker {
  dispatcher: Dispatcher;
  /** The zygote of a runtime ended: another is started. */
  zygoteLost(runtime: RuntimeName): void;
  /** Takes no more, finishes what it has within 25 s, ends all instances. Idempotent. The sandbox host stays open. */
  stop(): Promise<void>;
}

/** Starts to serve. Resolves once the default runtime's pool is full; the other runtimes follow in the background. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { host, store, log, id, secret, gateway, socket } = options;
  const calls = createInternalCalls({ gateway, secret, log });
  const versions: VersionSource = {
    version: (name, digest) => store.version(name, digest),
    materialise: options.materialise,
    materialiseDependencies: options.materialiseDependencies,
    secrets: options.secrets,
  };
  const quotas = new TenantQuotas(store);
  const logs = new FunctionLogs((name, lines) => store.appendLogs(name, lines), log);
  const names = new Names({ lookup: options.lookup, permitted: options.permitted });
  const services = new InsideServices({ calls, names, tell: (tenant, text) => logs.refused(tenant.function, tenant.version, text) });
  const starter = new Starter({
    host,
    services,
    maxSpares: options.maxSpares ?? MOST_SPARES,
    onLog: ({ record, redact }, line) => logs.add(record.function, record.version, redactLog(redact, line), undefined),
    log,
  });
  const dispatcher = new Dispatcher({
    worker: id,
    secret,
    maxInstances: options.maxInstances,
    lane: options.lane,
    versions,
    quotas,
    starter,
    logs,
    log,
  });
  const { rooms } = dispatcher;
  const runtimes = new Runtimes({ host, starter, poolSize: options.poolSize, pressure: () => rooms.pressure, log });
  await runtimes.open(options.runtimes);
  const unfollow = [
    followAliases(store, rooms, starter.templates, log),
    followStanding(store, (name, digest) => dispatcher.stand(name, digest), log),
    followTenants(store, { rooms, quotas, versions, log }),
  ];
  const api = await serveApi({
    seccompDenials: options.seccompDenials ?? [],
    hostChecks: options.hostChecks ?? [],
    socket,
    rooms,
    templates: starter.templates,
    probe: (request) => probe(request, { versions, starter, host, log }),
    usage: dispatcher.usage,
    receipts: dispatcher.receipts,
    prewarm: (request) => dispatcher.prewarm(request),
    trouble: () => undefined,
    log,
  });
  const sweeper = setInterval(() => dispatcher.sweep(), SWEEP_MS);
  const stopping = new AbortController();
  const taking = dispatcher.run(stopping.signal);
  const announcing = announce(() => store.announceWorker(id, `unix:${socket}`), log, stopping.signal);

  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const end of unfollow) end();
    await Promise.all([taking, announcing]);
    await store.removeWorker(id).catch(() => undefined);
    await deadlined(dispatcher.settled(), DRAIN_MS, () => new FnError("SHUTTING_DOWN")).catch(() =>
      log.warn("drain cut short", { held: dispatcher.held }),
    );
    clearInterval(sweeper);
    runtimes.close();
    dispatcher.close();
    api.close();
    api.closeAllConnections();
    await starter.close();
    await logs.flush();
    calls.close();
  };
  let stopped: Promise<void> | undefined;
  return { dispatcher, zygoteLost: (runtime) => runtimes.restart(runtime), stop: () => (stopped ??= stop()) };
}
