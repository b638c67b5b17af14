import { hashOfKey, makeApiKey, NO_QUOTAS } from "@zygo/contracts";
import { SCOPES, type Scope } from "@zygo/contracts/names";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../src/operation.ts";
import { OPERATIONS } from "../src/operations.ts";
import { API_KEY, startControl, uploadOf, type Control } from "./control.ts";

const HOUR_MS = 3_600_000;
const KEYED = OPERATIONS.filter(({ needs }) => needs !== "none");

let control: Control;
beforeAll(async () => {
  control = await startControl();
  for (const name of ["acme", "other"]) await control.store.createTenant(name, NO_QUOTAS);
  await call("acme", API_KEY, "/api/functions/hello/versions", { method: "POST", body: form("module.exports = 'acme'") });
});
afterAll(() => control.end());

function form(bundle: string): FormData {
  const body = new FormData();
  body.set("meta", JSON.stringify({ format: "cjs", entry: "hello.ts" }));
  body.set("bundle", bundle);
  return body;
}

const call = (tenant: string | null, key: string | null, path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set("authorization", key === null ? "" : `Bearer ${key}`);
  if (tenant !== null) headers.set("x-fn-tenant", tenant);
  return control.fetch(path, { ...init, headers });
};

async function keyOf(tenant: string, scopes: readonly Scope[], more: { expiresMs?: number; functions?: string[] } = {}): Promise<string> {
  const { id, key } = makeApiKey();
  const { expiresMs = Date.now() + HOUR_MS, functions = null } = more;
  await control.store.putApiKey({
    id,
    tenant,
    name: "test",
    hash: hashOfKey(key),
    scopes: [...scopes],
    functions,
    createdMs: Date.now(),
    expiresMs,
  });
  return key;
}

async function revoked(tenant: string): Promise<string> {
  const key = await keyOf(tenant, SCOPES);
  await control.store.removeApiKey(tenant, key.split("_")[1] ?? "");
  return key;
}

/** The operation's path, about things that acme has. */
const pathOf = ({ path }: Operation): string =>
  path
    .replace("{name}", "hello")
    .replace("{alias}", "live")
    .replace("{tenant}", "acme")
    .replace("{key}", "aaaaaaaaaa")
    .replaceAll(/\{\w+\}/g, "nothing");

async function outcome(operation: Operation, key: string | null): Promise<[number, string]> {
  const answer = await call(null, key, pathOf(operation), { method: operation.method.toUpperCase() });
  const { code = "" } = answer.status >= 400 ? ((await answer.json()) as { code?: string }) : {};
  return [answer.status, code];
}

describe.each(KEYED.map((operation) => ({ label: `${operation.method.toUpperCase()} ${operation.path}`, operation })))(
  "$label",
  ({ operation }) => {
    const unauthenticated = [401, "UNAUTHENTICATED"];

    test("no key, a wrong one, a revoked one and an expired one are 401", async () => {
      const [wrong, old] = [makeApiKey().key, await keyOf("acme", SCOPES, { expiresMs: Date.now() - 1 })];
      for (const key of [null, "wrong", wrong, await revoked("acme"), old]) expect(await outcome(operation, key)).toEqual(unauthenticated);
    });

    test("a key without the scope is 403 and told which; with it alone it gets further", async () => {
      const { needs } = operation;
      if (needs === "any key" || needs === "none") return;
      const lacking = needs === "operator" ? SCOPES : SCOPES.filter((scope) => scope !== needs && scope !== "admin");
      const answer = await call(null, await keyOf("acme", lacking), pathOf(operation), { method: operation.method.toUpperCase() });
      expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ code: "FORBIDDEN", needs })]);
      if (needs === "operator") return;
      for (const scope of [needs, "admin"] as const)
        if (operation.method !== "delete") expect((await outcome(operation, await keyOf("acme", [scope])))[0]).not.toBe(403);
    });

    test("another tenant's key finds nothing of what is there", async () => {
      if (operation.needs === "operator" || !operation.path.includes("{")) return;
      const [status, code] = await outcome(operation, await keyOf("other", SCOPES));
      expect([400, 404]).toContain(status);
      expect(["INVALID_REQUEST", "FUNCTION_NOT_FOUND", "NOT_FOUND"]).toContain(code);
    });

    test("only the operator's key may name another tenant", async () => {
      const answer = await call("acme", await keyOf("other", SCOPES), pathOf(operation), { method: operation.method.toUpperCase() });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, "FORBIDDEN"]);
    });
  },
);

test("a path that is no operation needs a key all the same", async () => {
  expect((await call(null, null, "/api/nothing")).status).toBe(401);
  expect((await call(null, await keyOf("acme", ["invoke"]), "/api/nothing")).status).toBe(404);
});

test("functions of one name live side by side, each seen by its tenant alone", async () => {
  const deploy = await keyOf("other", ["deploy", "read"]);
  expect(await (await call(null, deploy, "/api/functions")).json()).toEqual({ functions: [] });
  expect((await call(null, deploy, "/api/functions/hello")).status).toBe(404);
  await call(null, deploy, "/api/functions/hello/versions", { method: "POST", body: form("module.exports = 'other'") });
  const [acme, other] = await Promise.all(
    [await keyOf("acme", ["read"]), deploy].map(
      async (key) => (await call(null, key, "/api/functions/hello")).json() as Promise<{ name: string; url: string; versions: unknown[] }>,
    ),
  );
  expect([acme?.name, acme?.url, acme?.versions.length]).toEqual(["hello", "http://127.0.0.1:8080/fn/acme.hello", 1]);
  expect([other?.name, other?.url]).toEqual(["hello", "http://127.0.0.1:8080/fn/other.hello"]);
  expect((await call(null, deploy, "/api/functions/hello", { method: "DELETE" })).status).toBe(204);
  expect((await call(null, await keyOf("acme", ["read"]), "/api/functions/hello")).status).toBe(200);
});

test("a dotted name does not reach into another tenant", async () => {
  const key = await keyOf("other", SCOPES);
  for (const name of ["acme.hello", "acme%2ehello", "default.hello"])
    expect((await call(null, key, `/api/functions/${name}`)).status).toBe(400);
});

test("a key for some functions is good for them alone", async () => {
  const key = await keyOf("acme", ["read", "deploy"], { functions: ["shop"] });
  expect(await (await call(null, key, "/api/functions")).json()).toEqual({ functions: [] });
  expect((await call(null, key, "/api/functions/hello")).status).toBe(403);
  expect((await call(null, key, "/api/functions/shop")).status).toBe(404);
  expect((await call(null, await keyOf("acme", ["read"], { functions: ["hello"] }), "/api/functions/hello")).status).toBe(200);
});

describe("webhooks and a key that is for one function", () => {
  const hook = (key: string, path: string, method = "POST", body?: object): Promise<Response> =>
    call(null, key, `/api/webhooks${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const make = (key: string, name: string, of: string): Promise<Response> =>
    hook(key, "", "POST", { name, function: of, provider: "github" });
  let own: string;
  beforeAll(async () => {
    const all = await keyOf("acme", ["deploy", "read"]);
    await call(null, all, "/api/functions/shop/versions", { method: "POST", body: form("module.exports = 'shop'") });
    await make(all, "of-shop", "shop");
    own = await keyOf("acme", ["deploy", "read"], { functions: ["hello"] });
  });

  test("it makes, shows, lists, rotates, signs and removes that function's", async () => {
    expect((await make(own, "of-hello", "hello")).status).toBe(200);
    expect((await hook(own, "/of-hello", "GET")).status).toBe(200);
    const { webhooks } = (await (await hook(own, "", "GET")).json()) as { webhooks: { name: string }[] };
    expect(webhooks.map(({ name }) => name)).toEqual(["of-hello"]);
    expect((await hook(own, "/of-hello/rotate", "POST", {})).status).toBe(200);
    expect((await hook(own, "/of-hello/sign")).status).toBe(200);
    expect((await hook(own, "/of-hello", "DELETE")).status).toBe(204);
  });

  test("it makes none for another function, and finds none of another", async () => {
    expect((await make(own, "x", "shop")).status).toBe(403);
    expect((await make(own, "x", "nobody")).status).toBe(403);
    for (const [path, method] of [
      ["/of-shop", "GET"],
      ["/of-shop/rotate", "POST"],
      ["/of-shop/sign", "POST"],
      ["/of-shop", "DELETE"],
    ] as const)
      expect((await hook(own, path, method, method === "POST" ? {} : undefined)).status).toBe(404);
  });

  test("schedules and queues of that function are its, and those of others are not", async () => {
    const at = (name: string, path: string, method = "GET"): Promise<Response> =>
      call(null, own, `/api/functions/${name}/${path}`, { method });
    expect([(await at("hello", "queue")).status, (await at("shop", "queue")).status]).toEqual([200, 403]);
    expect([(await at("hello", "queue/pause", "POST")).status, (await at("shop", "queue/pause", "POST")).status]).toEqual([200, 403]);
    expect([(await at("hello", "schedules", "POST")).status, (await at("shop", "schedules", "POST")).status]).toEqual([400, 403]);
    expect((await call(null, own, "/api/queues")).status).toBe(200);
    expect((await call(null, own, "/api/schedules")).status).toBe(200);
  });

  test("what is the tenant's stays out of its reach", async () => {
    for (const path of ["/api/dead-letters", "/api/secrets", "/api/volumes"]) expect((await call(null, own, path)).status).toBe(403);
  });
});

test("a key is shown once, listed without its hash, noted when it is used, and gone once revoked", async () => {
  const admin = await keyOf("acme", ["admin"]);
  const body = JSON.stringify({ name: "ci", scopes: ["deploy", "read"], expiresInMs: HOUR_MS });
  const made = (await (await call(null, admin, "/api/keys", { method: "POST", body })).json()) as { id: string; key: string };
  expect(made).toMatchObject({
    name: "ci",
    tenant: "acme",
    scopes: ["deploy", "read"],
    key: expect.stringContaining(`zk_${made.id}_`) as string,
  });
  expect((await call(null, made.key, "/api/functions")).status).toBe(200);
  expect(await (await call(null, made.key, "/api/whoami")).json()).toMatchObject({
    tenant: "acme",
    key: made.id,
    operator: false,
    name: "ci",
  });
  await expect.poll(async () => listed(admin, made.id)).toMatchObject({ lastUsedMs: expect.any(Number) as number });
  const text = await (await call(null, admin, "/api/keys")).text();
  expect(text).not.toContain(made.key);
  expect(text).not.toContain(hashOfKey(made.key));
  expect(await listed(await keyOf("other", ["admin"]), made.id)).toBeUndefined();
  expect((await call(null, await keyOf("other", ["admin"]), `/api/keys/${made.id}`, { method: "DELETE" })).status).toBe(404);
  expect((await call(null, made.key, "/api/functions")).status).toBe(200);
  expect((await call(null, admin, `/api/keys/${made.id}`, { method: "DELETE" })).status).toBe(204);
  expect((await call(null, made.key, "/api/functions")).status).toBe(401);
  expect(control.logged()).not.toContain(made.key);
});

const listed = async (key: string, id: string): Promise<unknown> =>
  ((await (await call(null, key, "/api/keys")).json()) as { keys: { id: string }[] }).keys.find((each) => each.id === id);

test.each([
  [{ scopes: ["deploy"] }, "body.name"],
  [{ name: "x", scopes: [] }, "body.scopes"],
  [{ name: "x", scopes: ["root"] }, "body.scopes"],
  [{ name: "x", scopes: ["admin"], functions: ["hello"] }, "whole tenant"],
  [{ name: "x", scopes: ["read"], tenant: "other" }, "tenant"],
])("a key that is asked for wrongly is refused (%#)", async (wanted, told) => {
  const answer = await call(null, await keyOf("acme", ["admin"]), "/api/keys", { method: "POST", body: JSON.stringify(wanted) });
  expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([400, expect.stringContaining(told)]);
});

test("a tenant is made, changed, kept while it has functions, and gone with its keys", async () => {
  const tenants = (method: string, path = "", body?: unknown): Promise<Response> =>
    call(null, API_KEY, `/api/tenants${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  expect((await tenants("POST", "", { name: "shop", quotas: { functions: 1 } })).status).toBe(200);
  expect((await tenants("POST", "", { name: "shop" })).status).toBe(400);
  expect((await tenants("POST", "", { name: "No" })).status).toBe(400);
  expect(await (await tenants("PUT", "/shop", { quotas: { instances: 3 } })).json()).toMatchObject({
    quotas: { functions: 1, instances: 3 },
  });
  const key = await keyOf("shop", ["deploy"]);
  const deploy = (name: string): Promise<Response> =>
    call(null, key, `/api/functions/${name}/versions`, { method: "POST", body: form(`module.exports = '${name}'`) });
  expect((await deploy("one")).status).toBe(200);
  const refused = await deploy("two");
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, "QUOTA_EXCEEDED"]);
  expect((await deploy("one")).status).toBe(200);
  expect((await tenants("DELETE", "/shop")).status).toBe(409);
  expect(await (await tenants("GET", "/shop")).json()).toMatchObject({ functions: 1, keys: 1 });
  expect((await call(null, key, "/api/functions/one", { method: "DELETE" })).status).toBe(204);
  expect((await tenants("DELETE", "/shop")).status).toBe(204);
  expect((await call(null, key, "/api/whoami")).status).toBe(401);
  expect((await tenants("DELETE", "/default")).status).toBe(400);
});

test("changes are written down, with who made them and how they ended, for the tenant's admins", async () => {
  const [admin, reader] = [await keyOf("acme", ["admin"]), await keyOf("acme", ["read", "deploy"])];
  await call(null, reader, "/api/functions/nothing", { method: "DELETE" });
  const { lines } = (await (await call(null, admin, "/api/audit?limit=1")).json()) as { lines: unknown[] };
  expect(lines).toEqual([
    expect.objectContaining({ who: reader.split("_")[1], tenant: "acme", operation: "DELETE /api/functions/{name}", status: 404 }),
  ]);
  const others = (await (await call(null, await keyOf("other", ["admin"]), "/api/audit")).json()) as { lines: { tenant: string }[] };
  expect(others.lines.every(({ tenant }) => tenant === "other")).toBe(true);
});

test("the operator deploys for a tenant, and not for one that there is not", async () => {
  await control.client.deploy(uploadOf("module.exports = 'default'"));
  expect((await control.client.list()).map(({ url }) => url)).toEqual(["http://127.0.0.1:8080/fn/hello"]);
  expect((await call("nobody", API_KEY, "/api/functions")).status).toBe(404);
  expect((await call("../x", API_KEY, "/api/functions")).status).toBe(404);
});
