import { once } from "node:events";
import type { Server } from "node:http";
import { Server as TcpServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { FnError, type HomePaths } from "@zygo/contracts";
import { Admission } from "@zygo/core";
import { createApp } from "./app.ts";
import type { Facts } from "./facts.ts";
import { Gate, type AccessStore, type Auth } from "./gate.ts";
import { createHttpServer } from "./http-server.ts";
import type { WebhookStore } from "./hooks/hooks.ts";
import type { Invocation, Lane } from "./invocation.ts";
import { Invoke } from "./invoke.ts";
import { AwaitedReceipts } from "./jobs/awaited-receipts.ts";
import { Jobs, type JobsOptions } from "./jobs/jobs.ts";
import type { Log } from "@zygo/service";
import { openSecret, type Sealer, type Store } from "@zygo/store";
import { Metrics } from "./metrics.ts";
import { mayReadMetrics } from "./metrics-access.ts";
import { readiness, type WorkerList } from "./readiness.ts";
import { Routes, type VersionStore } from "./routes.ts";
import { Streams } from "./streams.ts";
import { usageMetrics } from "./usage-metrics.ts";
import { WorkerLinks } from "./worker-links.ts";

/** Invocations in flight in one process, over all functions: each holds a socket and up to two windows of body. */
const MOST_IN_FLIGHT = 20_000;

/** How long a stopping gateway waits for another request on connections that are kept alive, milliseconds. */
const LINGER_MS = 1_000;

export interface GatewayOptions {
  paths: Pick<HomePaths, "gatewaySocket" | "controlSocket">;
  host: string;
  port: number;
  /** A listening socket to accept from; undefined: one at host and port. */
  listenFd?: number | undefined;
  linkSecret: string;
  store: VersionStore & WorkerList & AccessStore & WebhookStore & Pick<Store, "findSecrets">;
  /** Opens the secrets of webhooks and destinations. */
  sealer: Sealer;
  lane: Lane & { depth(): Promise<number> };
  jobs: Pick<JobsOptions, "lane" | "payloads" | "slots" | "batchSlots" | "allowPrivateDestinations" | "retention">;
  log: Log;
  /** Who may invoke functions whose config does not say. */
  defaultAuth: Auth;
  /** `/metrics` is open to this machine. */
  openMetrics: boolean;
}

export interface Gateway {
  /** `http://host:port`. */
  readonly url: string;
  readonly workerAddress: string;
  /** Takes nothing new, lets what is in flight finish for at most `drainMs`, then cuts it. Idempotent. */
  stop(drainMs: number): Promise<void>;
}

/** Wires the parts together and listens, on the worker socket first. */
export async function startGateway(given: GatewayOptions): Promise<Gateway> {
  const { paths, linkSecret, store, lane, log } = given;
  const streams = new Streams<Invocation>();
  const routes = new Routes(store);
  const gate = new Gate(store, given.defaultAuth);
  const admission = new Admission(MOST_IN_FLIGHT);
  const metrics = new Metrics();
  const receipts = new AwaitedReceipts();
  const links = new WorkerLinks({ path: paths.gatewaySocket, linkSecret, streams, receipts, log });
  let stopping: Promise<void> | undefined;
  let refusing = false;
  const record = (facts: Facts): void => {
    metrics.record(facts);
    log.info("invocation", { ...facts, receipt: undefined });
  };
  const jobs: Jobs = new Jobs({
    ...given.jobs,
    routes,
    log,
    record,
    receipts,
    quotasOf: (name) => gate.quotasOf(name),
    secretOf: (id, name) => openSecret(store, given.sealer, { id, name }),
    launch: (wanted) => invoke.launch(wanted),
  });
  const invoke: Invoke = new Invoke({
    jobs: jobs.acceptance,
    routes,
    gate,
    admission,
    lane,
    streams,
    address: links.address,
    linkSecret,
    record,
    stopping: () => refusing,
  });
  const app = createApp({
    controlSocket: paths.controlSocket,
    onMutated: () => routes.forget(null),
    readiness: () => readiness({ store, controlSocket: paths.controlSocket, workerLinks: () => links.count }),
    mayReadMetrics: (request) => mayReadMetrics(request, { gate, open: given.openMetrics }),
    metrics: async () => {
      const [queueDepth, dead, queues, used] = await Promise.all([
        lane.depth().catch(() => undefined),
        jobs.deadCounts(),
        jobs.queues(),
        usageMetrics(paths.controlSocket, log),
      ]);
      return (
        metrics.render({ inFlight: streams.size, workerLinks: links.count, queueDepth, jobsRunning: jobs.running, dead, queues }) + used
      );
    },
    jobs,
    hooks: { store, sealer: given.sealer, queue: given.jobs.lane, log, now: Date.now },
    messages: { lane: given.jobs.lane, routes, gate, linkSecret, log },
    log,
  });
  const other = getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false });
  const server = createHttpServer({
    invoke: (request, response) => invoke.handle(request, response),
    closing: () => stopping !== undefined,
    other: (request, response) => void other(request, response),
  });
  await links.listen();
  await listen(server, given);
  const drain = async (drainMs: number): Promise<void> => {
    // Jobs are given back early enough for another gateway to be told.
    await Promise.all([closeGently(server, drainMs, () => (refusing = true)), jobs.stop(drainMs)]);
    for (const invocation of streams.all()) invocation.abandon(new FnError("SHUTTING_DOWN"));
    server.closeAllConnections();
    await links.close();
  };
  return { url: urlOf(server), workerAddress: links.address, stop: (drainMs) => (stopping ??= drain(drainMs)) };
}

async function listen(server: Server, { host, port, listenFd }: GatewayOptions): Promise<void> {
  if (listenFd === undefined) server.listen(port, host);
  else server.listen({ fd: listenFd });
  await once(server, "listening");
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/**
 * Accepts no connection any more. Resolves when the last one is gone, or after `LINGER_MS` and `drainMs`. In the first of these, each
 * connection gets its next request answered, and ends with it: so no request meets a connection that is being closed, unless its client
 * had nothing to ask for all that time. Then `refuse` is called.
 */
async function closeGently(server: Server, drainMs: number, refuse: () => void): Promise<void> {
  // The HTTP server's own would end idle connections at once.
  const closed = new Promise<boolean>((resolve) => TcpServer.prototype.close.call(server, () => resolve(true)));
  if (await Promise.race([closed, sleep(LINGER_MS, false)])) return;
  refuse();
  // Connections whose last answer has gone out since are idle only now.
  for (const until = Date.now() + drainMs; Date.now() < until;) {
    server.closeIdleConnections();
    if (await Promise.race([closed, sleep(50, false)])) return;
  }
}
