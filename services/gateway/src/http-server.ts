import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { FnError } from "@zygo/contracts";
import { MAX_REQUEST_BYTES } from "@zygo/contracts/names";
import { randomUUIDv7 } from "node:crypto";
import { HEADERS } from "@zygo/contracts/names";
import { problemAnswer } from "./problem.ts";

/** A client has this long for its request head (slowloris), milliseconds. Bodies have idle limits of their own, in Upload. */
const HEAD_MS = 10_000;
/** How often that is looked at, milliseconds. */
const CHECK_MS = 2000;
/** Longer than the usual minute of proxies in front, so that they end idle connections and no request meets a closing one. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 32 * 1024;

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The public listener: `/fn/` straight from Node's request, everything else to `other`. While closing, an answer ends its connection. */
export function createHttpServer(given: { invoke: Handler; other: Handler; closing: () => boolean }): Server {
  const handle: Handler = (request, response) => {
    if (given.closing()) response.shouldKeepAlive = false;
    if (isInvoke(request)) given.invoke(request, response);
    else given.other(request, response);
  };
  const server = createServer(
    {
      headersTimeout: HEAD_MS,
      connectionsCheckingInterval: CHECK_MS,
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    handle,
  );
  // Node drops what is beyond a count of 2,000 without a word; the size bounds it already.
  server.maxHeadersCount = 0;
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    // A body that will be refused is not asked for.
    if (!isInvoke(request) || Number(request.headers["content-length"] ?? 0) <= MAX_REQUEST_BYTES) response.writeContinue();
    handle(request, response);
  });
  server.on("clientError", refuseMalformed);
  return server;
}

const isInvoke = ({ url = "" }: IncomingMessage): boolean => url.startsWith("/fn/") || /^https?:\/\/[^/]*\/fn\//i.test(url);

/** What is not HTTP, has too large a head or does not finish it. There is no request to answer, only a socket. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex & { _httpMessage?: ServerResponse | null }): void {
  // An answer that is under way on this connection must not get another one written into it.
  if (!socket.writable || error.code === "ECONNRESET" || socket._httpMessage?.headersSent === true) return void socket.destroy();
  const requestId = randomUUIDv7();
  const { status, headers, body } = problemAnswer(new FnError("INVALID_REQUEST", DETAILS[error.code ?? ""]), requestId);
  const lines = Object.entries({ ...headers, [HEADERS.requestId]: requestId, connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} Bad Request\r\n${lines.join("")}\r\n${body}`);
}

const DETAILS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: `The request's headers have more than ${MAX_HEADER_BYTES} bytes.`,
  ERR_HTTP_REQUEST_TIMEOUT: "The request's headers did not come in time.",
};
