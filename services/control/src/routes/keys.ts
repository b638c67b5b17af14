import { FnError, hashOfKey, KeyCreate, makeApiKey, type KeyRecord, type KeyView, type WhoAmI } from "@zygo/contracts";
import { Hono } from "hono";
import type { Access, Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";

/** API keys of the caller's tenant, and what the caller's own is. */
export function keyRoutes({ store, now }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  app.get("/whoami", async (c) => {
    const { tenant, operator, key, name, scopes, functions, expiresMs } = c.get("access");
    const quotas = (await store.tenant(tenant))?.quotas;
    if (quotas === undefined) throw new FnError("NOT_FOUND", `The tenant '${tenant}' is gone`);
    return c.json({
      tenant,
      operator,
      key,
      name,
      scopes: [...scopes],
      functions: functions && [...functions],
      expiresMs,
      quotas,
    } satisfies WhoAmI);
  });
  app.get("/keys", async (c) => c.json({ keys: (await store.listApiKeys(c.get("access").tenant)).map(viewKey) }));
  app.post("/keys", async (c) => {
    const wanted = parseRequest(KeyCreate, await readJson(c.req.raw), "body");
    const { record, key } = makeKey(wanted, c.get("access"), now());
    await store.putApiKey(record);
    c.header("cache-control", "no-store");
    return c.json({ ...viewKey({ ...record, lastUsedMs: null }), key });
  });
  app.delete("/keys/:key", async (c) => {
    const id = c.req.param("key");
    if (!(await store.removeApiKey(c.get("access").tenant, id))) throw new FnError("NOT_FOUND", `There is no key '${id.slice(0, 64)}'`);
    return c.body(null, 204);
  });
  return app;
}

function makeKey(wanted: ReturnType<typeof KeyCreate.parse>, { tenant }: Access, nowMs: number): { record: KeyRecord; key: string } {
  const { name, scopes, functions, expiresInMs } = wanted;
  if (functions !== null && scopes.includes("admin"))
    throw new FnError(
      "INVALID_REQUEST",
      "A key with the scope 'admin' is for the whole tenant: leave out `functions`, or give it other scopes",
    );
  const { id, key } = makeApiKey();
  const expiresMs = expiresInMs === null ? null : nowMs + expiresInMs;
  return { record: { id, tenant, name, hash: hashOfKey(key), scopes, functions, createdMs: nowMs, expiresMs }, key };
}

function viewKey({ hash: _, ...shown }: KeyRecord & { lastUsedMs: number | null }): KeyView {
  return shown;
}
