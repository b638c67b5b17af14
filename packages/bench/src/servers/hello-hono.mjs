// Hono on @hono/node-server that answers "hello" on a free port of loopback, which it says on stdout.
import { writeSync } from "node:fs";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => c.text("hello\n"));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => writeSync(1, `${port}\n`));
