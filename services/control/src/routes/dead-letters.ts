import { DeadLetterPick, DeadLetterQuery, FnError, FunctionName, InvocationId, type Count, type DeadLetterList } from "@zygo/contracts";
import { functionId, tenantOf } from "@zygo/contracts/names";
import { invocationPath, loadBody, requestPayload, answerPayload, showRecord, type InvocationRecord } from "@zygo/queue";
import { Hono, type Context as HonoContext } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";

/** How many are dealt with at a time when all are meant. */
const STEP = 100;

/** Invocations that failed for good, of the caller's tenant; and running recorded invocations anew. */
export function deadLetterRoutes({ jobs, payloads, now }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/dead-letters", async (c) => {
    const { function: name, limit, offset } = parseRequest(DeadLetterQuery, c.req.query(), "query");
    const { ids, total } = await jobs.records.dead(await functionsOf(c, name), { offset, limit });
    const found = await Promise.all(ids.map(async (id) => await jobs.records.find(id)));
    const deadLetters = found.flatMap((record) => (record === null ? [] : [showRecord(record)]));
    return c.json({ deadLetters, total } satisfies DeadLetterList);
  });
  app.get("/dead-letters/:id", async (c) => c.json(showRecord(await find(c, "failed"))));
  app.post("/dead-letters/redrive", async (c) => {
    const count = await each(c, async ({ job }) => await jobs.records.redrive(job, now()));
    return c.json({ count } satisfies Count);
  });
  app.post("/dead-letters/purge", async (c) => {
    const count = await each(c, async ({ job }) => {
      if (!(await jobs.records.forget(job.id, job.function))) return false;
      await Promise.all([payloads.remove(requestPayload(job.id)), payloads.remove(answerPayload(job.id))]);
      return true;
    });
    return c.json({ count } satisfies Count);
  });
  app.post("/invocations/:id/replay", async (c) => {
    const { job, attempts } = await find(c);
    const version = attempts.findLast((attempt) => attempt.version !== null)?.version ?? job.ref;
    const { function: name, trigger, deliver, method, url, headers, retry } = job;
    const body = await loadBody(payloads, job.body);
    const { id } = await jobs.enqueue({
      function: name,
      ref: version,
      trigger,
      deliver,
      method,
      url,
      headers,
      retry,
      body,
      parent: job.id,
      post: job.post,
    });
    return c.json({ id, location: invocationPath(id) });
  });
  return app;

  /** Calls `act` for each dead letter that the body means. @returns for how many it returned true */
  async function each(c: HonoContext<RequestEnv>, act: (record: InvocationRecord) => Promise<boolean>): Promise<number> {
    const pick = parseRequest(DeadLetterPick, await readJson(c.req.raw), "body");
    if (pick.ids !== undefined) return await forIds(c, pick.ids, act);
    const names = await functionsOf(c, pick.function);
    let count = 0;
    for (;;) {
      const { ids } = await jobs.records.dead(names, { offset: 0, limit: STEP });
      const done = await forIds(c, ids, act);
      count += done;
      if (done === 0) return count;
    }
  }

  async function forIds(c: HonoContext<RequestEnv>, ids: string[], act: (record: InvocationRecord) => Promise<boolean>): Promise<number> {
    const { tenant } = c.get("access");
    const found = await Promise.all(ids.map(async (id) => await jobs.records.find(id)));
    const own = found.filter((record) => record !== null && record.state === "failed" && tenantOf(record.job.function) === tenant);
    const done = await Promise.all((own as InvocationRecord[]).map(act));
    return done.filter(Boolean).length;
  }

  /** Ids of the tenant's functions that have dead letters, deleted ones too. */
  async function functionsOf(c: HonoContext<RequestEnv>, name: string | undefined): Promise<string[]> {
    const { tenant } = c.get("access");
    if (name !== undefined) return [functionId(tenant, parseRequest(FunctionName, name, "function"))];
    return (await jobs.records.deadFunctions()).filter((id) => tenantOf(id) === tenant);
  }

  async function find(c: HonoContext<RequestEnv>, state?: InvocationRecord["state"]): Promise<InvocationRecord> {
    const id = c.req.param("id") ?? "";
    const record = InvocationId.safeParse(id).success ? await jobs.records.find(id) : null;
    if (record === null || tenantOf(record.job.function) !== c.get("access").tenant || (state !== undefined && record.state !== state))
      throw new FnError(
        "NOT_FOUND",
        `There is no ${state === undefined ? "invocation" : "dead letter"} ${JSON.stringify(id.slice(0, 64))}`,
      );
    return record;
  }
}
