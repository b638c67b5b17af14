/** A function on @hono/node-server. Argument: path of a Unix socket; without it, a free port of loopback. Says where it listens on stdout. */
import { rmSync, writeSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import app from "./function.ts";

const [, , path] = process.argv;
const server = createAdaptorServer({ fetch: (request) => app.fetch(request) });
const say = (): unknown => writeSync(1, `${path ?? (server.address() as AddressInfo).port}\n`);
if (path === undefined) server.listen(0, "127.0.0.1", say);
else {
  // The one of before was killed, and its socket is still there.
  rmSync(path, { force: true });
  server.listen(path, say);
}
