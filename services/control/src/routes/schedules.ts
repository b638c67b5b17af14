import { FnError, ScheduleSpec, SlotQuery, TriggerName, type ScheduleView } from "@zygo/contracts";
import { localName, tenantOf } from "@zygo/contracts/names";
import { decideSchedule, InvalidSchedule } from "@zygo/core";
import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readAgenda, readEntries, specOf, type Entry } from "../cron/agenda.ts";
import { keyOf, run } from "../cron/fire.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";
import { requireFunction } from "../views.ts";
import { idOf } from "./functions.ts";

/** Slots to come that a view shows. */
const UPCOMING = 5;

/** Schedules: those of configs, which a deploy changes, and those added by hand. */
export function scheduleRoutes(context: Context): Hono<RequestEnv> {
  const { store, now } = context;
  const app = new Hono<RequestEnv>();
  app.get("/schedules", async (c) => {
    const { tenant, functions } = c.get("access");
    const seen = ({ function: id }: Entry): boolean => tenantOf(id) === tenant && (functions === null || functions.includes(localName(id)));
    const views = await Promise.all((await readAgenda(store)).filter(seen).map((entry) => view(context, entry)));
    return c.json({ schedules: views.sort((a, b) => (`${a.function} ${a.name}` < `${b.function} ${b.name}` ? -1 : 1)) });
  });
  app.post("/functions/:name/schedules", async (c) => {
    const id = idOf(c, c.req.param("name"));
    const spec = parseRequest(ScheduleSpec, await readJson(c.req.raw), "body");
    await requireHandler(context, id);
    const schedule = decided(spec);
    const known = (await readEntries(store, id)).some((entry) => entry.schedule.name === schedule.name);
    if (known || !(await store.addSchedule({ ...schedule, function: id, createdMs: now() })))
      throw new FnError("CONFLICT", `'${localName(id)}' has a schedule '${schedule.name}': remove it first, or give this one another name`);
    return c.json(await view(context, await requireEntry(context, id, schedule.name)));
  });
  app.delete("/functions/:name/schedules/:schedule", async (c) => {
    const id = idOf(c, c.req.param("name"));
    const entry = await requireEntry(context, id, c.req.param("schedule"));
    if (entry.source === "config")
      throw new FnError("INVALID_REQUEST", "It stands in the function's config: deploy without it, or `fn cron pause` it");
    await store.removeSchedule(keyOf(entry));
    return c.body(null, 204);
  });
  app.post("/functions/:name/schedules/:schedule/:action", async (c) => {
    const entry = await requireEntry(context, idOf(c, c.req.param("name")), c.req.param("schedule"));
    await act(context, entry, c.req.param("action"));
    return c.json(await view(context, entry));
  });
  app.get("/functions/:name/schedules/:schedule/slots", async (c) => {
    const entry = await requireEntry(context, idOf(c, c.req.param("name")), c.req.param("schedule"));
    const { limit } = parseRequest(SlotQuery, c.req.query(), "query");
    return c.json({ slots: await store.slotRecords(keyOf(entry), limit) });
  });
  return app;
}

async function act(context: Context, entry: Entry, action: string): Promise<void> {
  const { store, now } = context;
  if (action === "pause" || action === "resume") return await store.pauseSchedule(keyOf(entry), action === "pause");
  if (action !== "run")
    throw new FnError("NOT_FOUND", `A schedule can be made to pause, resume or run, not ${JSON.stringify(action.slice(0, 32))}`);
  const { failures } = await store.scheduleState(keyOf(entry), specOf(entry.schedule));
  await store.recordSlot({ ...keyOf(entry), record: await run(context, entry, { slotMs: now(), failures, manual: true }) });
}

function decided(spec: ScheduleSpec): ReturnType<typeof decideSchedule> {
  try {
    return decideSchedule(spec);
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    throw new FnError("INVALID_REQUEST", `${error.member}: ${error.message}`, {
      extra: { issues: [{ path: [error.member], message: error.message }] },
    });
  }
}

/** @throws FnError FUNCTION_NOT_FOUND, INVALID_REQUEST */
async function requireHandler({ store }: Context, id: string): Promise<void> {
  const { aliases } = await requireFunction(store, id);
  const handlers = (await store.version(id, aliases["live"] ?? ""))?.handlers ?? [];
  if (handlers.includes("scheduled")) return;
  throw new FnError(
    "INVALID_REQUEST",
    `'${localName(id)}' has no \`scheduled\` handler: export default { async scheduled(event, env, ctx) { … } }`,
  );
}

/** @throws FnError FUNCTION_NOT_FOUND, NOT_FOUND */
async function requireEntry({ store }: Context, id: string, name: string): Promise<Entry> {
  await requireFunction(store, id);
  const wanted = parseRequest(TriggerName, name, "schedule");
  const entry = (await readEntries(store, id)).find(({ schedule }) => schedule.name === wanted);
  if (entry === undefined)
    throw new FnError("NOT_FOUND", `'${localName(id)}' has no schedule '${wanted}': \`fn cron ls\` shows those that there are`);
  return entry;
}

async function view({ store, now }: Context, entry: Entry): Promise<ScheduleView> {
  const { paused, failures } = await store.scheduleState(keyOf(entry), specOf(entry.schedule));
  const next: number[] = [];
  for (let at = paused ? null : entry.slots.next(now()); at !== null && next.length < UPCOMING; at = entry.slots.next(at)) next.push(at);
  return { ...entry.schedule, function: localName(entry.function), source: entry.source, paused, failures, next };
}
