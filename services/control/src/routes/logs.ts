import { LogQuery } from "@zygo/contracts";
import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { logStream } from "../log-stream.ts";
import { parseRequest } from "../parse.ts";
import { requireFunction } from "../views.ts";
import { idOf } from "./functions.ts";

const NDJSON = "application/x-ndjson";

/** A function's log: as JSON, or as NDJSON when asked so or when it is followed. */
export function logRoutes({ store, stopping }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/functions/:name/logs", async (c) => {
    const name = idOf(c, c.req.param("name"));
    const { after, limit, follow } = parseRequest(LogQuery, c.req.query(), "query");
    await requireFunction(store, name);
    const lines = await store.readLogs(name, { after, limit });
    const streams = follow || (c.req.header("accept") ?? "").includes(NDJSON);
    if (!streams) return c.json({ lines });
    const body = logStream(store, { name, lines, after, follow, stopping });
    return new Response(body, { headers: { "content-type": NDJSON, "cache-control": "no-store" } });
  });
  return app;
}
