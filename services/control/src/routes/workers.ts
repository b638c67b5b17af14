import { FnError, HostCheck, type DoctorReport } from "@zygo/contracts";
import { Hono } from "hono";
import { z } from "zod";
import type { Context, RequestEnv } from "../context.ts";
import { WORKER_ALIVE_MS } from "../probe.ts";
import { askWorker } from "../worker-http.ts";

const DOCTOR_MS = 5_000;
const Told = z.object({ checks: z.array(HostCheck) });

async function checksOf(address: string, signal: AbortSignal): Promise<HostCheck[]> {
  try {
    return Told.parse(JSON.parse((await askWorker(address, "/doctor", signal)).text)).checks;
  } catch (cause) {
    throw new FnError("WORKER_LOST", "A worker did not tell what its host offers", { cause });
  }
}

/** Workers that are alive. Their addresses are the host's business. */
export function workerRoutes({ store }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/workers", async (c) => {
    const workers = await store.liveWorkers(WORKER_ALIVE_MS);
    return c.json({ workers: workers.map(({ id, seenMs }) => ({ id, seenMs })) });
  });
  app.get("/doctor", async (c) => {
    const workers = await store.liveWorkers(WORKER_ALIVE_MS);
    const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(DOCTOR_MS)]);
    const reports = await Promise.all(workers.map(async ({ id, address }) => ({ id, checks: await checksOf(address, signal) })));
    return c.json({ workers: reports } satisfies DoctorReport);
  });
  return app;
}
