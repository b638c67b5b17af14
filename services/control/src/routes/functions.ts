import { AliasMove, AliasName, FunctionName } from "@zygo/contracts";
import { functionId, localName } from "@zygo/contracts/names";
import { Hono, type Context as HonoContext } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";
import { resolveVersion } from "../resolve-version.ts";
import { detail, noFunction, requireFunction, summarise } from "../views.ts";

const MAX_MOVE_BYTES = 4096;
/** Why its invocations were cancelled. */
const DELETED = "The function was deleted.";

/** Reading, deleting and pointing aliases. */
export function functionRoutes(context: Context): Hono<RequestEnv> {
  const { store, jobs, log } = context;
  const app = new Hono<RequestEnv>();
  app.get("/functions", async (c) => {
    const { tenant, functions } = c.get("access");
    const records = (await store.list(tenant)).filter(({ name }) => functions === null || functions.includes(localName(name)));
    const summaries = await Promise.all(records.map((record) => summarise(store, record, context)));
    return c.json({ functions: summaries.filter((summary) => summary !== null) });
  });
  app.get("/functions/:name", async (c) => c.json(await detail(store, idOf(c, c.req.param("name")), context)));
  app.delete("/functions/:name", async (c) => {
    const name = idOf(c, c.req.param("name"));
    await requireFunction(store, name);
    // Before it is gone, so that a failure leaves something to delete again; and behind that, for what came in between.
    await jobs.endAll(name, DELETED);
    if (!(await store.deleteFunction(name))) throw noFunction(name);
    await store.removeSecretsOf(name);
    await jobs.endAll(name, DELETED).catch((error: unknown) => log.error("work of a deleted function is left", { function: name, error }));
    return c.body(null, 204);
  });
  app.put("/functions/:name/aliases/:alias", async (c) => {
    const name = idOf(c, c.req.param("name"));
    const alias = parseRequest(AliasName, c.req.param("alias"), "alias");
    const body = parseRequest(AliasMove, await readJson(c.req.raw, MAX_MOVE_BYTES), "body");
    const [record, versions] = await Promise.all([requireFunction(store, name), store.listVersions(name)]);
    const moved = await store.moveAlias({ name, alias, version: resolveVersion(body.version, record, versions) });
    return c.json(await summarise(store, moved, context));
  });
  return app;
}

/** The id of a function of the caller's tenant. @throws FnError INVALID_REQUEST for what is no name */
export const idOf = (c: HonoContext<RequestEnv>, name: string | undefined): string =>
  functionId(c.get("access").tenant, parseRequest(FunctionName, name, "name"));
