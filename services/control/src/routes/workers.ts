import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { WORKER_ALIVE_MS } from "../probe.ts";

/** Workers that are alive. Their addresses are the host's business. */
export function workerRoutes({ store }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/workers", async (c) => {
    const workers = await store.liveWorkers(WORKER_ALIVE_MS);
    return c.json({ workers: workers.map(({ id, seenMs }) => ({ id, seenMs })) });
  });
  return app;
}
