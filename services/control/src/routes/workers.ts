import { HostCheck, type DoctorReport } from "@zygo/contracts";
import { Hono } from "hono";
import { z } from "zod";
import { askWorkers } from "../ask-workers.ts";
import type { Context, RequestEnv } from "../context.ts";
import { WORKER_ALIVE_MS } from "../probe.ts";

const Told = z.object({ checks: z.array(HostCheck) });

/** Workers that are alive. Their addresses are the host's business. */
export function workerRoutes(context: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/workers", async (c) => {
    const workers = await context.store.liveWorkers(WORKER_ALIVE_MS);
    return c.json({ workers: workers.map(({ id, seenMs }) => ({ id, seenMs })) });
  });
  app.get("/doctor", async (c) => {
    const { answers, silent } = await askWorkers(context, { path: "/doctor", schema: Told, signal: c.req.raw.signal });
    const workers = answers.map(({ worker, answer }) => ({ id: worker, checks: answer.checks }));
    return c.json({ workers, silent } satisfies DoctorReport);
  });
  return app;
}
