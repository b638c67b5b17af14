import { randomUUIDv7 } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { asFnError, FnError } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { Hono } from "hono";
import { proxyToControl, type ControlProxyOptions } from "./control-proxy.ts";
import type { Jobs } from "./jobs/jobs.ts";
import { takeMessages, type SendingOptions } from "./batches/take-messages.ts";
import { takeDelivery, type HooksOptions } from "./hooks/hooks.ts";
import { addInvocationRoutes } from "./jobs/routes.ts";
import { problemAnswer } from "./problem.ts";
import type { Readiness } from "./readiness.ts";

export interface AppOptions extends ControlProxyOptions {
  readiness: () => Promise<Readiness>;
  /** @throws FnError UNAUTHENTICATED, FORBIDDEN */
  mayReadMetrics: (request: IncomingMessage) => Promise<void>;
  jobs: Jobs;
  hooks: HooksOptions;
  messages: SendingOptions;
  /** The text of `/metrics`. */
  metrics: () => Promise<string>;
}

interface AppEnv {
  Bindings: HttpBindings;
  Variables: { requestId: string };
}

const HELLO = {
  name: "zygo",
  invoke: "/fn/<name>[@<version or alias>]/<path>",
  invocations: "/invocations/<id>",
  links: { api: "/api/openapi.json", health: "/healthz", ready: "/readyz", metrics: "/metrics" },
};

/** Every route but `/fn/`, which is answered before it gets here. */
export function createApp(given: AppOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (context, next) => {
    context.set("requestId", randomUUIDv7());
    context.header(HEADERS.requestId, context.get("requestId"));
    await next();
  });
  app.get("/", (context) => context.json(HELLO));
  app.get("/healthz", (context) => context.json({ ok: true }));
  app.get("/readyz", async (context) => {
    const state = await given.readiness();
    return context.json(state, state.ready ? 200 : 503);
  });
  app.get("/metrics", async (context) => {
    await given.mayReadMetrics(context.env.incoming);
    return context.text(await given.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  addInvocationRoutes(app as never, given.jobs);
  app.all("/hooks/:name", (context) => takeDelivery(given.hooks, context.req.param("name"), context.req.raw));
  app.post("/queues/:id", (context) => takeMessages(given.messages, context.req.param("id"), context.req.raw));
  app.all("/api/*", async (context) => {
    const { incoming, outgoing } = context.env;
    await proxyToControl(incoming, outgoing, { ...given, requestId: context.get("requestId") });
    return RESPONSE_ALREADY_SENT;
  });
  app.notFound((context) => problem(new FnError("NOT_FOUND"), context.get("requestId")));
  app.onError((error, context) => {
    const known = asFnError(error);
    if (known.code === "INTERNAL") given.log.error("request failed", { requestId: context.get("requestId"), error });
    return problem(known, context.get("requestId"));
  });
  return app;
}

function problem(error: FnError, requestId: string): Response {
  const { status, headers, body } = problemAnswer(error, requestId);
  return new Response(body, { status, headers: { ...headers, [HEADERS.requestId]: requestId } });
}
