import { FnError, LIVE_ALIAS, MAX_REQUEST_BYTES, MAX_WAITING_MESSAGES, QUEUE_ACTIONS } from "@zygo/contracts";
import type { QueueAction, QueueActed, QueueList, QueueView, VersionRecord } from "@zygo/contracts";
import { localName, tenantOf } from "@zygo/contracts/names";
import { readMessages, requireQueueHandler } from "@zygo/queue";
import { Hono } from "hono";
import type { Access, Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { noFunction, requireFunction } from "../views.ts";
import { idOf } from "./functions.ts";

/** Messages of functions: sending some from outside, how many there are, holding them back, ending them. */
export function queueRoutes(context: Context): Hono<RequestEnv> {
  const { store, jobs } = context;
  const app = new Hono<RequestEnv>();
  app.get("/queues", async (c) => {
    const names = await queuesOf(context, c.get("access"));
    return c.json({ queues: await Promise.all(names.map((id) => view(context, id))) } satisfies QueueList);
  });
  app.get("/functions/:name/queue", async (c) => {
    const id = idOf(c, c.req.param("name"));
    await requireFunction(store, id);
    return c.json(await view(context, id));
  });
  app.post("/functions/:name/messages", async (c) => {
    const id = idOf(c, c.req.param("name"));
    const messages = readMessages(await readJson(c.req.raw, MAX_REQUEST_BYTES));
    const version = await liveOf(context, id);
    if (version === null) throw noFunction(id);
    requireQueueHandler(version);
    const ids = await jobs.messages.send({
      ...{ function: id, messages, sender: null, limits: version.limits.queue, most: MAX_WAITING_MESSAGES },
    });
    return c.json({ ids });
  });
  app.post("/functions/:name/queue/:action", async (c) => {
    const id = idOf(c, c.req.param("name"));
    await requireFunction(store, id);
    const cancelled = await act(context, id, c.req.param("action"));
    return c.json({ queue: await view(context, id), cancelled } satisfies QueueActed);
  });
  return app;
}

/** Of the functions that the caller's key is for: those with a `queue` handler, or with messages. */
async function queuesOf(context: Context, { tenant, functions }: Access): Promise<string[]> {
  const [records, holding] = await Promise.all([context.store.list(tenant), context.jobs.messages.names()]);
  const own = records.map(({ name }) => name).filter((id) => functions === null || functions.includes(localName(id)));
  const live = await Promise.all(own.map((id) => liveOf(context, id)));
  const handled = own.filter((_, at) => handles(live[at] ?? null));
  const others = holding.filter((id) => tenantOf(id) === tenant && own.includes(id));
  return [...new Set([...handled, ...others])].sort();
}

/** @returns how many messages were cancelled */
async function act({ jobs }: Context, id: string, action: string): Promise<number> {
  if (!isAction(action))
    throw new FnError("NOT_FOUND", `A queue can be made to ${QUEUE_ACTIONS.join(", ")}, not ${JSON.stringify(action.slice(0, 32))}`);
  if (action === "purge") return await jobs.messages.cancelAll(id, "The queue was purged.");
  await jobs.messages.pause(id, action === "pause");
  return 0;
}

const isAction = (action: string): action is QueueAction => (QUEUE_ACTIONS as readonly string[]).includes(action);

async function view(context: Context, id: string): Promise<QueueView> {
  const { jobs } = context;
  const [numbers, live, dead] = await Promise.all([
    jobs.messages.numbers(id),
    liveOf(context, id),
    jobs.records.dead([id], { offset: 0, limit: 1 }),
  ]);
  return { function: localName(id), ...numbers, handled: handles(live), dead: dead.total };
}

const handles = (version: VersionRecord | null): boolean => version?.handlers.includes("queue") === true;

async function liveOf({ store }: Context, id: string): Promise<VersionRecord | null> {
  const record = await store.find(id);
  return record === null ? null : await store.version(id, record.aliases[LIVE_ALIAS] ?? "");
}
