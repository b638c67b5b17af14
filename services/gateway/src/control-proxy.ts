import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { ERRORS, FnError } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { discardBody } from "./discard.ts";
import { connectionOptions, isHopByHop } from "./hop-by-hop.ts";
import type { Log } from "@zygo/service";
import { problemAnswer } from "./problem.ts";

/** Control has to begin its answer by then, milliseconds: a deploy loads the bundle in a sandbox first. */
const ANSWER_MS = 120_000;

/**
 * A connection for each call: one that is kept may just be closing when control restarts, and a POST must not be sent twice. It is
 * this side that closes it: control, closing after its answer, could meet the last write of the call, whose failure takes the answer along.
 */
class ConnectionEach extends Agent {
  constructor() {
    super({ keepAlive: true });
  }

  override keepSocketAlive(): boolean {
    return false;
  }
}
const connectionEach = new ConnectionEach();

export interface ControlProxyOptions {
  controlSocket: string;
  /** Called before the answer to a call that may have changed something is passed on. */
  onMutated: () => void;
  log: Log;
}

/** Passes an `/api/` call to control and its answer back, both as streams. Resolves when the answer is out or the client is gone. */
export function proxyToControl(
  request: IncomingMessage,
  response: ServerResponse,
  given: ControlProxyOptions & { requestId: string },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.on("close", resolve);
  const outgoing = httpRequest({
    socketPath: given.controlSocket,
    agent: connectionEach,
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: requestHeaders(request, given.requestId),
  });
  const late = setTimeout(() => outgoing.destroy(new Error("no answer from control in time")), ANSWER_MS);
  outgoing.on("response", (answer) => {
    clearTimeout(late);
    if (!isSafe(request.method)) given.onMutated();
    response.writeHead(answer.statusCode ?? ERRORS.INTERNAL.status, answerHeaders(answer, given.requestId));
    // A stream that breaks on one side ends the other: that is all there is to tell.
    pipeline(answer, response, () => {});
  });
  outgoing.on("error", (cause) => refuse(request, response, cause, given));
  response.on("close", () => {
    clearTimeout(late);
    outgoing.destroy();
  });
  request.pipe(outgoing);
  return promise;
}

const isSafe = (method: string | undefined): boolean => method === "GET" || method === "HEAD" || method === "OPTIONS";

function requestHeaders({ rawHeaders, headers, socket }: IncomingMessage, requestId: string): string[] {
  const kept = filtered(rawHeaders, headers.connection);
  const framing = headers["transfer-encoding"] === undefined ? [] : ["transfer-encoding", "chunked"];
  return [...kept, ...framing, HEADERS.requestId, requestId, "x-forwarded-for", socket.remoteAddress ?? ""];
}

function answerHeaders({ rawHeaders, headers }: IncomingMessage, requestId: string): string[] {
  return [...filtered(rawHeaders, headers.connection), HEADERS.requestId, requestId];
}

function filtered(raw: readonly string[], connection: string | undefined): string[] {
  const listed = connectionOptions(connection);
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    if (!isHopByHop(name, listed) && (!name.startsWith("x-fn-") || name === HEADERS.tenant) && name !== "x-forwarded-for")
      kept.push(name, raw[at + 1] as string);
  }
  return kept;
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  cause: Error,
  { requestId, log }: { requestId: string; log: Log },
): void {
  if (response.closed) return;
  log.warn("control does not answer", { requestId, error: cause });
  if (response.headersSent) return void response.destroy();
  request.unpipe();
  const { status, headers, body } = problemAnswer(new FnError("CONTROL_UNAVAILABLE", undefined, { cause }), requestId);
  response.writeHead(status, { ...headers, [HEADERS.requestId]: requestId });
  response.end(body);
  discardBody(request);
}
