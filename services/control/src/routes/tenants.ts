import { AuditQuery, FnError, NO_QUOTAS, Quotas, TenantChange, TenantCreate, TenantName, type TenantRecord } from "@zygo/contracts";
import { DEFAULT_TENANT } from "@zygo/contracts/names";
import { Hono } from "hono";
import type { Context, RequestEnv } from "../context.ts";
import { readJson } from "../limited-body.ts";
import { parseRequest } from "../parse.ts";

/** What the operator does with tenants, and what was changed in one. */
export function tenantRoutes({ store, volumes }: Context): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();
  const find = async (given: string): Promise<TenantRecord> => {
    const record = await store.tenant(parseRequest(TenantName, given, "tenant"));
    if (record === null) throw new FnError("NOT_FOUND", `There is no tenant '${given}'`);
    return record;
  };
  app.get("/tenants", async (c) => c.json({ tenants: await store.listTenants() }));
  app.post("/tenants", async (c) => {
    const { name, quotas } = parseRequest(TenantCreate, await readJson(c.req.raw), "body");
    if (!(await store.createTenant(name, Quotas.parse({ ...NO_QUOTAS, ...quotas }))))
      throw new FnError("INVALID_REQUEST", `There is a tenant '${name}' already`);
    return c.json(await find(name));
  });
  app.get("/tenants/:tenant", async (c) => {
    const record = await find(c.req.param("tenant"));
    const [functions, keys, secrets] = await Promise.all([
      store.list(record.name),
      store.listApiKeys(record.name),
      store.listSecrets(record.name),
    ]);
    return c.json({ ...record, functions: functions.length, keys: keys.length, secrets: secrets.length });
  });
  app.put("/tenants/:tenant", async (c) => {
    const { name, quotas } = await find(c.req.param("tenant"));
    const change = parseRequest(TenantChange, await readJson(c.req.raw), "body");
    return c.json(await store.setQuotas(name, Quotas.parse({ ...quotas, ...change.quotas })));
  });
  app.delete("/tenants/:tenant", async (c) => {
    const { name } = await find(c.req.param("tenant"));
    if (name === DEFAULT_TENANT) throw new FnError("INVALID_REQUEST", `The tenant '${DEFAULT_TENANT}' is always there`);
    const [kept] = await volumes.list(name);
    if (kept !== undefined) throw new FnError("IN_USE", `The tenant '${name}' has the volume '${kept.name}': \`fn volume rm\` removes it`);
    await store.removeTenant(name);
    return c.body(null, 204);
  });
  app.get("/audit", async (c) => {
    const { limit } = parseRequest(AuditQuery, c.req.query(), "query");
    return c.json({ lines: await store.readAudit(c.get("access").tenant, limit) });
  });
  return app;
}
