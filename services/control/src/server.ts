import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { listenPrivately } from "@zygo/service";

/** Listens on a Unix socket that its owner alone may open. One that an earlier process left is replaced. */
export async function listenOn(socket: string, fetch: (request: Request) => Response | Promise<Response>): Promise<Server> {
  const answer = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  await listenPrivately(server, socket);
  return server;
}

/** Takes no more, lets what runs finish, and ends it after `graceMs`. */
export async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(late);
}
