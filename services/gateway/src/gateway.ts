import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { FnError, type HomePaths } from "@zygo/contracts";
import { Admission } from "@zygo/core";
import { createApp } from "./app.ts";
import type { Facts } from "./facts.ts";
import { Gate, type AccessStore, type Auth } from "./gate.ts";
import { createHttpServer } from "./http-server.ts";
import type { Invocation, Lane } from "./invocation.ts";
import { Invoke } from "./invoke.ts";
import type { Log } from "@zygo/service";
import { Metrics } from "./metrics.ts";
import { mayReadMetrics } from "./metrics-access.ts";
import { readiness, type WorkerList } from "./readiness.ts";
import { Routes, type VersionStore } from "./routes.ts";
import { Streams } from "./streams.ts";
import { WorkerLinks } from "./worker-links.ts";

/** Invocations in flight in one process, over all functions: each holds a socket and up to two windows of body. */
const MOST_IN_FLIGHT = 20_000;

export interface GatewayOptions {
  paths: Pick<HomePaths, "gatewaySocket" | "controlSocket">;
  host: string;
  port: number;
  linkSecret: string;
  store: VersionStore & WorkerList & AccessStore;
  lane: Lane & { depth(): Promise<number> };
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
  const links = new WorkerLinks({ path: paths.gatewaySocket, linkSecret, streams, log });
  let stopping: Promise<void> | undefined;
  const record = (facts: Facts): void => {
    metrics.record(facts);
    log.info("invocation", { ...facts });
  };
  const invoke = new Invoke({
    routes,
    gate,
    admission,
    lane,
    streams,
    address: links.address,
    linkSecret,
    record,
    stopping: () => stopping !== undefined,
  });
  const app = createApp({
    controlSocket: paths.controlSocket,
    onMutated: () => routes.forget(null),
    readiness: () => readiness({ store, controlSocket: paths.controlSocket, workerLinks: () => links.count }),
    mayReadMetrics: (request) => mayReadMetrics(request, { gate, open: given.openMetrics }),
    metrics: async () =>
      metrics.render({ inFlight: streams.size, workerLinks: links.count, queueDepth: await lane.depth().catch(() => undefined) }),
    log,
  });
  const other = getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false });
  const server = createHttpServer({
    invoke: (request, response) => invoke.handle(request, response),
    other: (request, response) => void other(request, response),
  });
  await links.listen();
  await listen(server, given);
  const drain = async (drainMs: number): Promise<void> => {
    await closeGently(server, drainMs);
    for (const invocation of streams.all()) invocation.abandon(new FnError("SHUTTING_DOWN"));
    server.closeAllConnections();
    await links.close();
  };
  return { url: urlOf(server), workerAddress: links.address, stop: (drainMs) => (stopping ??= drain(drainMs)) };
}

async function listen(server: Server, { host, port }: GatewayOptions): Promise<void> {
  server.listen(port, host);
  await once(server, "listening");
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/** Resolves when the last connection is gone, or after `drainMs`. */
async function closeGently(server: Server, drainMs: number): Promise<void> {
  const closed = once(server, "close").then(() => true);
  server.close();
  // Connections whose last answer has gone out since are idle only now.
  for (const until = Date.now() + drainMs; Date.now() < until; server.closeIdleConnections()) {
    if (await Promise.race([closed, sleep(50, false)])) return;
  }
}
