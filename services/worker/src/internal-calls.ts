import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { asFnError, FnError, problemHeaders, signCaller, toProblem } from "@zygo/contracts";
import { HEADERS, tenantOf } from "@zygo/contracts/names";
import { CallGate } from "./call-gate.ts";
import { gatewayPath, requestHeaders, responseHeaders } from "./internal-request.ts";
import { SocketShares } from "./socket-shares.ts";
import type { Log } from "@zygo/service";

/** Who calls from inside a sandbox, for as long as it has a tenant. */
export interface InsideCaller {
  /** Its id. */
  function: string;
  /** Deepest chain of calls that the sandbox's invocations are at the end of. */
  depth: () => number;
}

/** A sandbox, as its calls see it. */
export interface CallSource {
  /** Undefined while it has no tenant: calls are refused. */
  readonly caller: InsideCaller | undefined;
  /** The function whose code may run in it, from before its module is loaded; none of nobody's. */
  readonly owner: string | undefined;
  /** It was refused what it has too many of. */
  tooMany(what: string): void;
}

export interface InternalCalls {
  server: HttpServer;
  shares: SocketShares;
  close(): void;
}

/** Connections to the gateway, and so calls under way at a time, of all sandboxes. */
const MAX_SOCKETS = 1024;
/** Connections of one sandbox: each costs this process a descriptor. */
const MAX_SANDBOX_SOCKETS = 128;
/** A sandbox that dribbles its request head is cut off, milliseconds. */
const HEAD_TIMEOUT_MS = 10_000;

/** Whose connection it is. */
const originOf = new WeakMap<Socket, { source: CallSource; gate: CallGate }>();

/**
 * Function-to-function calls: one HTTP proxy for all sandboxes, which vouches to the gateway for the function that calls. Streams both
 * ways. It listens nowhere itself: `serveCalls` feeds it.
 */
export function createInternalCalls(given: { gateway: { host: string; port: number }; secret: string; log: Log }): InternalCalls {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: "lifo" });
  const server = createServer({ headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: 0 }, (incoming, response) => {
    const { socket } = incoming;
    const origin = originOf.get(socket);
    if (origin?.gate.begin(socket, Date.now()) !== true) return;
    response.once("close", () => origin.gate.end(socket));
    const { caller } = origin.source;
    try {
      if (caller === undefined) throw new FnError("FORBIDDEN", "This sandbox belongs to no function yet.");
      const path = gatewayPath(incoming.headers.host, incoming.url ?? "/", tenantOf(caller.function));
      forward({ incoming, response, caller, path, agent, ...given });
    } catch (error) {
      refuse(response, asFnError(error));
    }
  });
  // Node drops what is beyond a count of 2,000 without a word, a content-length for instance; the size bounds it already.
  server.maxHeadersCount = 0;
  server.on("clientError", (_error, socket) => socket.destroy());
  return { server, shares: new SocketShares(), close: () => agent.destroy() };
}

/** Accepts on a listening socket inside a sandbox; takes the descriptor over. */
export async function serveCalls(calls: InternalCalls, fd: number, source: CallSource): Promise<Server> {
  const gate = new CallGate();
  const listener = createTcpServer({ noDelay: true }, (socket) => {
    const { owner } = source;
    if (owner === undefined || !gate.admit(socket, Date.now())) return void socket.destroy();
    if (!calls.shares.take(owner, socket)) {
      source.tooMany("a connection to other functions");
      return void socket.destroy();
    }
    originOf.set(socket, { source, gate });
    calls.server.emit("connection", socket);
  });
  listener.maxConnections = MAX_SANDBOX_SOCKETS;
  listener.on("error", () => undefined);
  listener.listen({ fd });
  await once(listener, "listening");
  return listener;
}

interface Call {
  incoming: IncomingMessage;
  response: ServerResponse;
  caller: InsideCaller;
  /** At the gateway. */
  path: string;
  agent: Agent;
  gateway: { host: string; port: number };
  secret: string;
  log: Log;
}

function forward({ incoming, response, caller, path, agent, gateway, secret, log }: Call): void {
  const signed = signCaller({ function: caller.function, depth: caller.depth() + 1 }, Date.now(), secret);
  const headers = [...requestHeaders(incoming.rawHeaders), "host", `${gateway.host}:${gateway.port}`, HEADERS.caller, signed];
  const outgoing = request({ ...gateway, agent, method: incoming.method ?? "GET", path, headers });
  outgoing.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, responseHeaders(answer.rawHeaders));
    // A broken stream on one side ends the other: that is all there is to tell.
    pipeline(answer, response, () => undefined);
  });
  outgoing.on("error", (error) => {
    log.warn("internal call failed", { caller: caller.function, path: path.split("?", 1)[0], error });
    refuse(response, new FnError("INTERNAL", "The gateway could not be reached."));
  });
  response.on("close", () => outgoing.destroy());
  pipeline(incoming, outgoing, () => undefined);
}

function refuse(response: ServerResponse, error: FnError): void {
  if (response.headersSent) return void response.destroy();
  const problem = toProblem(error, "");
  response.writeHead(problem.status, problemHeaders(error)).end(JSON.stringify(problem));
}
