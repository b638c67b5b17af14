import { randomUUID } from "node:crypto";
import { FnError } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { Hono, type MiddlewareHandler } from "hono";
import { audit } from "./audit.ts";
import { requireKey } from "./auth.ts";
import type { Context, RequestEnv } from "./context.ts";
import { openApiDocument } from "./openapi.ts";
import { asFnError, problemResponse } from "./problem.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { functionRoutes } from "./routes/functions.ts";
import { keyRoutes } from "./routes/keys.ts";
import { liveRoutes, renderUsage } from "./routes/live.ts";
import { logRoutes } from "./routes/logs.ts";
import { queueRoutes } from "./routes/queues.ts";
import { secretRoutes } from "./routes/secrets.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { tenantRoutes } from "./routes/tenants.ts";
import { versionRoutes } from "./routes/versions.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { volumeRoutes } from "./routes/volumes.ts";
import { workerRoutes } from "./routes/workers.ts";

/** The admin API. Everything below `/api` needs a key, save its description; nothing else tells a stranger what exists. */
export function createApp(context: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.use(observe(context));
  app.onError((error, c) => problemResponse(asFnError(error, c.req.raw), c.get("requestId"), context.log));
  app.notFound((c) =>
    problemResponse(new FnError("NOT_FOUND", `There is nothing at ${c.req.method} ${c.req.path}`), c.get("requestId"), context.log),
  );
  app.get("/healthz", async (c) => {
    await context.store.ping();
    return c.json({ ok: true });
  });
  app.get("/metrics", async (c) => c.text(await renderUsage(context, c.req.raw.signal)));
  app.get("/api/openapi.json", (c) => c.json(openApiDocument(context.publicUrl)));
  app.use("/api/*", requireKey(context), audit(context));
  for (const routes of [
    functionRoutes,
    versionRoutes,
    logRoutes,
    deadLetterRoutes,
    scheduleRoutes,
    webhookRoutes,
    queueRoutes,
    liveRoutes,
    keyRoutes,
    secretRoutes,
    volumeRoutes,
    tenantRoutes,
    workerRoutes,
  ])
    app.route("/api", routes(context));
  return app;
}

/** Gives the request its id, the gateway's if it came that way, and writes one line about it. */
function observe({ log, stopping }: Context): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    const startedMs = performance.now();
    const requestId = c.req.header(HEADERS.requestId) ?? randomUUID();
    c.set("requestId", requestId);
    if (stopping.aborted) throw new FnError("SHUTTING_DOWN");
    await next();
    c.header(HEADERS.requestId, requestId);
    log.info("request", { requestId, method: c.req.method, path: c.req.path, status: c.res.status, tookMs: performance.now() - startedMs });
  };
}
