import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { dirname } from "node:path";
import { getRequestListener } from "@hono/node-server";

/** Listens on a Unix socket that its owner alone may open. One that an earlier process left is replaced. */
export async function listenOn(socket: string, fetch: (request: Request) => Response | Promise<Response>): Promise<Server> {
  const answer = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  const before = process.umask(0o177);
  server.listen(socket);
  process.umask(before);
  await once(server, "listening");
  chmodSync(socket, 0o600);
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
