import { AliasMove, AliasName, FunctionName } from "@zygo/contracts";
import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readText } from "../limited-body.ts";
import { parseJson, parseRequest } from "../parse.ts";
import { FnError } from "@zygo/contracts";
import { resolveVersion } from "../resolve-version.ts";
import { detail, requireFunction, summarise } from "../views.ts";

const MAX_MOVE_BYTES = 4096;

/** Reading, deleting and pointing aliases. */
export function functionRoutes({ store, publicUrl }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/functions", async (c) => {
    const summaries = await Promise.all((await store.list()).map((record) => summarise(store, record, publicUrl)));
    return c.json({ functions: summaries.filter((summary) => summary !== null) });
  });
  app.get("/functions/:name", async (c) => c.json(await detail(store, readName(c.req.param("name")), publicUrl)));
  app.delete("/functions/:name", async (c) => {
    const name = readName(c.req.param("name"));
    if (!(await store.deleteFunction(name))) throw new FnError("FUNCTION_NOT_FOUND", `There is no function '${name}'`);
    return c.body(null, 204);
  });
  app.put("/functions/:name/aliases/:alias", async (c) => {
    const name = readName(c.req.param("name"));
    const alias = parseRequest(AliasName, c.req.param("alias"), "alias");
    const body = parseRequest(AliasMove, parseJson(await readText(c.req.raw, MAX_MOVE_BYTES), "The body"), "body");
    const [record, versions] = await Promise.all([requireFunction(store, name), store.listVersions(name)]);
    const moved = await store.moveAlias({ name, alias, version: resolveVersion(body.version, record, versions) });
    return c.json(await summarise(store, moved, publicUrl));
  });
  return app;
}

export const readName = (name: string | undefined): string => parseRequest(FunctionName, name, "name");
