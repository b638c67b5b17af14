import {
  ReceiptQuery,
  WorkerInspection,
  WorkerReceipts,
  WorkerUsage,
  type FunctionUse,
  type Inspection,
  type ReceiptList,
  type UsageReport,
} from "@zygo/contracts";
import { localName, tenantOf } from "@zygo/contracts/names";
import { Hono } from "hono";
import { askWorkers } from "../ask-workers.ts";
import type { Access, Context, RequestEnv } from "../context.ts";
import { parseRequest } from "../parse.ts";
import { sumUses, usageMetrics } from "../usage.ts";
import { requireFunction } from "../views.ts";
import { idOf } from "./functions.ts";

/** What lives now: instances as the kernel sees them, what functions use, and what their last invocations took. */
export function liveRoutes(context: Context): Hono<RequestEnv> {
  const { store, now } = context;
  const app = new Hono<RequestEnv>();
  app.get("/functions/:name/instances", async (c) => {
    const id = idOf(c, c.req.param("name"));
    await requireFunction(store, id);
    const { answers, silent } = await askWorkers(context, { path: `/inspect/${id}`, schema: WorkerInspection, signal: c.req.raw.signal });
    const { operator } = c.get("access");
    const instances = answers.flatMap(({ worker, answer }) =>
      answer.instances.map(({ host, ...inner }) => ({ worker, ...inner, ...(operator && { host }) })),
    );
    return c.json({ instances, silent } satisfies Inspection);
  });
  app.get("/functions/:name/receipts", async (c) => {
    const id = idOf(c, c.req.param("name"));
    const { limit } = parseRequest(ReceiptQuery, c.req.query(), "query");
    await requireFunction(store, id);
    const { answers, silent } = await askWorkers(context, { path: `/receipts/${id}`, schema: WorkerReceipts, signal: c.req.raw.signal });
    const all = answers.flatMap(({ answer }) => answer.receipts).sort((one, other) => other.endedMs - one.endedMs);
    const receipts = all.slice(0, limit).map((receipt) => ({ ...receipt, function: localName(receipt.function) }));
    return c.json({ receipts, silent } satisfies ReceiptList);
  });
  app.get("/usage", async (c) => {
    const { answers, silent } = await askWorkers(context, { path: "/usage", schema: WorkerUsage, signal: c.req.raw.signal });
    const seen = sumUses(answers.map(({ answer }) => answer)).filter((use) => mayKnow(c.get("access"), use));
    const functions = seen.map((use) => ({ ...use, function: localName(use.function) }));
    return c.json({ atMs: now(), functions, silent } satisfies UsageReport);
  });
  return app;
}

const mayKnow = ({ tenant, functions }: Access, use: FunctionUse): boolean =>
  tenantOf(use.function) === tenant && (functions === null || functions.includes(localName(use.function)));

/** For the gateway's `/metrics`, on control's own socket alone: it names all tenants' functions. */
export async function renderUsage(context: Pick<Context, "store" | "log">, signal: AbortSignal): Promise<string> {
  const { answers } = await askWorkers(context, { path: "/usage", schema: WorkerUsage, signal });
  return usageMetrics(sumUses(answers.map(({ answer }) => answer)));
}
