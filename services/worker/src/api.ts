import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  asFnError,
  FnError,
  PrewarmRequest,
  problemHeaders,
  ProbeRequest,
  shortVersion,
  toProblem,
  type HostCheck,
  type ProbeResult,
} from "@zygo/contracts";
import { listenPrivately, type Log } from "@zygo/service";
import type { z } from "zod";
import { inspect } from "./inspect/inspect.ts";
import type { Usage } from "./inspect/usage.ts";
import type { RecentReceipts } from "./receipts/recent-receipts.ts";
import type { Rooms } from "./rooms.ts";
import type { Templates } from "./templates.ts";

/** Longest body of a request, bytes: a probe carries the function's environment. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** The function's id follows: it holds nothing that a URL would have to escape. */
const INSPECT = "GET /inspect/";
const RECEIPTS = "GET /receipts/";

export interface ApiOptions {
  socket: string;
  rooms: Rooms;
  templates: Templates;
  usage: Usage;
  receipts: RecentReceipts;
  probe: (request: ProbeRequest) => Promise<ProbeResult>;
  prewarm: (request: PrewarmRequest) => void;
  /** Undefined while all is well; else why the worker cannot serve. */
  trouble: () => string | undefined;
  seccompDenials: readonly string[];
  /** What this host offers and lacks. */
  hostChecks: readonly HostCheck[];
  log: Log;
}

/** The worker's HTTP API for control, on a socket that its owner alone may open. */
export async function serveApi(options: ApiOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, options).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => fail(response, error, options.log),
    );
  });
  await listenPrivately(server, options.socket);
  return server;
}

async function answer(request: IncomingMessage, options: ApiOptions): Promise<{ status: number; body: unknown }> {
  const route = `${request.method} ${request.url}`;
  if (route === "GET /healthz") {
    const trouble = options.trouble();
    return trouble === undefined
      ? { status: 200, body: { ok: true, seccompDenials: options.seccompDenials } }
      : { status: 503, body: { ok: false, trouble } };
  }
  if (route === "GET /doctor") return { status: 200, body: { checks: options.hostChecks } };
  if (route === "GET /instances")
    return { status: 200, body: { instances: listInstances(options.rooms), templates: options.templates.list() } };
  if (route === "GET /usage") return { status: 200, body: await options.usage.read() };
  if (route.startsWith(INSPECT)) return { status: 200, body: await inspect(options.rooms, route.slice(INSPECT.length)) };
  if (route.startsWith(RECEIPTS)) return { status: 200, body: { receipts: options.receipts.of(route.slice(RECEIPTS.length)) } };
  if (route === "POST /probe") return { status: 200, body: await options.probe(parseBody(ProbeRequest, await readBody(request))) };
  if (route === "POST /prewarm") {
    options.prewarm(parseBody(PrewarmRequest, await readBody(request)));
    return { status: 202, body: {} };
  }
  throw new FnError("NOT_FOUND");
}

function listInstances(rooms: Rooms): unknown[] {
  const now = Date.now();
  return [...rooms.groups].flatMap((group) =>
    [...group.instances].map((instance) => ({
      id: instance.sandboxId,
      function: group.name,
      version: shortVersion(group.digest),
      pid: instance.pid,
      start: instance.kind,
      state: instance.active > 0 ? "busy" : "idle",
      active: instance.active,
      ageMs: now - instance.bornMs,
      address: instance.address,
      refusals: instance.refusals,
    })),
  );
}

function parseBody<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new FnError("INVALID_REQUEST", "The body is not JSON.", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new FnError("INVALID_REQUEST", "The body is not what this call takes.", {
      cause: parsed.error,
      extra: { issues: parsed.error.issues },
    });
  return parsed.data;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new FnError("PAYLOAD_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, error: unknown, log: Log): void {
  const known = asFnError(error);
  if (known.code === "INTERNAL") log.error("request failed", { error: known });
  const problem = toProblem(known, "");
  response.writeHead(problem.status, problemHeaders(known)).end(JSON.stringify(problem));
}
