import { hashOfKey, makeApiKey, NO_QUOTAS, signCaller, type Quotas } from "@zygo/contracts";
import { SCOPES, type Scope } from "@zygo/contracts/names";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Platform, SECRET } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
  platform.worker((served) => {
    served.claim();
    served.respond(200, [["content-type", "application/json"]], JSON.stringify(served.envelope.head.headers.map(([name]) => name)));
  });
  for (const tenant of ["acme", "other"]) await platform.store.createTenant(tenant, NO_QUOTAS);
  await platform.deploy("acme.hello", { auth: "key" }, "a");
  await platform.deploy("acme.open", {}, "b");
  await platform.deploy("other.hello", { auth: "key" }, "c");
});
afterAll(() => platform.end());

interface MadeKey {
  id: string;
  key: string;
}

async function keyOf(
  tenant: string,
  scopes: readonly Scope[] = ["invoke"],
  more: { expiresMs?: number; functions?: string[] } = {},
): Promise<MadeKey> {
  const { id, key } = makeApiKey();
  const { expiresMs = null, functions = null } = more;
  await platform.store.putApiKey({ id, tenant, name: "t", hash: hashOfKey(key), scopes: [...scopes], functions, createdMs: 1, expiresMs });
  return { id, key };
}

const call = (target: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${platform.url}/fn/${target}`, { headers });
const withKey = (target: string, key: string): Promise<Response> => call(target, { authorization: `Bearer ${key}` });
const codeOf = async (answer: Response): Promise<[number, string]> => [answer.status, ((await answer.json()) as { code: string }).code];

describe("a function that takes a key", () => {
  test("opens to a key of its tenant with the scope invoke, or admin, by either header", async () => {
    for (const scope of ["invoke", "admin"] as const)
      expect((await withKey("acme.hello", (await keyOf("acme", [scope])).key)).status).toBe(200);
    const answer = await call("acme.hello", { "x-fn-key": (await keyOf("acme")).key, authorization: "Bearer the-function's" });
    expect(await answer.json()).toContain("authorization");
  });

  test("never sees the key", async () => {
    const seen = await (await withKey("acme.hello", (await keyOf("acme")).key)).json();
    expect(seen).not.toContain("authorization");
    expect(seen).not.toContain("x-fn-key");
  });

  test("is closed without one, and says how to ask", async () => {
    const answer = await call("acme.hello");
    expect([answer.headers.get("www-authenticate"), ...(await codeOf(answer))]).toEqual(["Bearer", 401, "UNAUTHENTICATED"]);
    for (const key of ["wrong", makeApiKey().key, (await keyOf("acme", SCOPES, { expiresMs: Date.now() - 1 })).key])
      expect(await codeOf(await withKey("acme.hello", key))).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("is 403 for a key without the scope, and for one that is for other functions", async () => {
    expect(await codeOf(await withKey("acme.hello", (await keyOf("acme", ["read", "deploy"])).key))).toEqual([403, "FORBIDDEN"]);
    expect(await codeOf(await withKey("acme.hello", (await keyOf("acme", ["invoke"], { functions: ["shop"] })).key))).toEqual([
      403,
      "FORBIDDEN",
    ]);
    expect((await withKey("acme.hello", (await keyOf("acme", ["invoke"], { functions: ["hello"] })).key)).status).toBe(200);
  });

  test("is not there for another tenant's key, in the words for what is not there", async () => {
    const { key } = await keyOf("other", SCOPES);
    const [hidden, missing] = await Promise.all([withKey("acme.hello", key), withKey("acme.hellx", key)]);
    const [one, two] = (await Promise.all([hidden.json(), missing.json()])) as { code: string; detail: string }[];
    expect([hidden.status, one?.code]).toEqual([404, "FUNCTION_NOT_FOUND"]);
    expect(one?.detail).toBe(two?.detail.replace("hellx", "hello"));
  });

  test("closes within a second of the key's revocation, and at its expiry", async () => {
    const revoked = await keyOf("acme");
    const expiring = await keyOf("acme", ["invoke"], { expiresMs: Date.now() + 300 });
    for (const { key } of [revoked, expiring]) expect((await withKey("acme.hello", key)).status).toBe(200);
    await platform.store.removeApiKey("acme", revoked.id);
    await expect.poll(async () => (await withKey("acme.hello", revoked.key)).status, { timeout: 1000 }).toBe(401);
    await expect.poll(async () => (await withKey("acme.hello", expiring.key)).status).toBe(401);
  });

  test("opens to the operator's key", async () => {
    await platform.store.putKeyHash(hashOfKey("operator-key"), "admin");
    await expect.poll(async () => (await withKey("acme.hello", "operator-key")).status).toBe(200);
  });

  test("opens to functions of its tenant without a key, to no other's", async () => {
    const claim = (id: string): Record<string, string> => ({ "x-fn-caller": signCaller({ function: id, depth: 1 }, Date.now(), SECRET) });
    expect((await call("acme.hello", claim("acme.open"))).status).toBe(200);
    expect(await codeOf(await call("acme.hello", claim("other.hello")))).toEqual([404, "FUNCTION_NOT_FOUND"]);
    expect(await codeOf(await call("acme.open", claim("hello")))).toEqual([404, "FUNCTION_NOT_FOUND"]);
    expect(
      await codeOf(
        await call("acme.hello", { "x-fn-caller": signCaller({ function: "acme.open", depth: 1 }, Date.now(), "00".repeat(32)) }),
      ),
    ).toEqual([401, "UNAUTHENTICATED"]);
  });
});

test("a public function asks for nothing", async () => expect((await call("acme.open")).status).toBe(200));

describe("a tenant's rate", () => {
  const limited = async (tenant: string, quotas: Partial<Quotas>): Promise<void> => {
    await platform.store.createTenant(tenant, { ...NO_QUOTAS, ...quotas });
    await platform.deploy(`${tenant}.fn`, { concurrency: 100 }, "d");
  };

  test("lets exactly its burst through at once, and says when to come again", async () => {
    await limited("bursty", { requestsPerSecond: 0.01, burst: 20 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => call("bursty.fn")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    const [refused] = answers.filter(({ status }) => status !== 200);
    expect(refused?.headers.get("ratelimit-policy")).toBe('"requests";q=20;w=2000');
    expect(refused?.headers.get("ratelimit")).toMatch(/^"requests";r=0;t=\d+$/);
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(90);
    expect(await codeOf(refused as Response)).toEqual([429, "RATE_LIMITED"]);
    expect(answers.find(({ status }) => status === 200)?.headers.get("ratelimit")).toMatch(/^"requests";r=\d+;t=\d+$/);
  });

  test("is one over all gateways", async () => {
    await limited("shared", { requestsPerSecond: 0.01, burst: 10 });
    const taken = await Promise.all(
      Array.from({ length: 30 }, () => platform.store.takeRequests("shared", { perSecond: 0.01, burst: 10 }, 1)),
    );
    expect(taken.filter(({ granted }) => granted === 1)).toHaveLength(10);
    expect(await codeOf(await call("shared.fn"))).toEqual([429, "RATE_LIMITED"]);
  });

  test("does not touch its neighbours, and goes when the quota goes", async () => {
    await limited("tight", { requestsPerSecond: 0.01, burst: 1 });
    await call("tight.fn");
    expect((await call("tight.fn")).status).toBe(429);
    expect((await call("acme.open")).status).toBe(200);
    await platform.store.setQuotas("tight", NO_QUOTAS);
    await expect.poll(async () => (await call("tight.fn")).status).toBe(200);
  });

  test("fills again with time", async () => {
    await limited("quick", { requestsPerSecond: 20, burst: 1 });
    expect((await call("quick.fn")).status).toBe(200);
    await expect.poll(async () => (await call("quick.fn")).status).toBe(200);
  });
});

test("a tenant without instances runs nothing", async () => {
  await platform.store.createTenant("stopped", { ...NO_QUOTAS, instances: 0 });
  await platform.deploy("stopped.fn", {}, "e");
  expect(await codeOf(await call("stopped.fn"))).toEqual([403, "QUOTA_EXCEEDED"]);
});

describe("metrics", () => {
  const metrics = (headers: Record<string, string> = {}): Promise<Response> => fetch(`${platform.url}/metrics`, { headers });

  test("are for this machine, not for whom a proxy speaks for", async () => {
    expect((await metrics()).status).toBe(200);
    expect((await metrics({ "x-forwarded-for": "203.0.113.7" })).status).toBe(401);
  });

  test("are for the operator's key, no tenant's", async () => {
    await platform.store.putKeyHash(hashOfKey("operator-key"), "admin");
    await expect
      .poll(async () => (await metrics({ "x-forwarded-for": "203.0.113.7", authorization: "Bearer operator-key" })).status)
      .toBe(200);
    expect((await metrics({ authorization: `Bearer ${(await keyOf("acme", SCOPES)).key}` })).status).toBe(403);
  });
});

test("in production a function needs a key unless it says otherwise, a stranger does not learn which there are, metrics need the key", async () => {
  const strict = await Platform.start({ defaultAuth: "key", openMetrics: false });
  try {
    strict.worker();
    await strict.deploy("closed", {}, "a");
    await strict.deploy("open", { auth: "public" }, "b");
    const at = async (path: string, headers = {}): Promise<number> => (await fetch(strict.url + path, { headers })).status;
    expect([await at("/fn/open"), await at("/fn/closed"), await at("/fn/nothing"), await at("/fn/closed@nothing")]).toEqual([
      200, 401, 401, 401,
    ]);
    expect(await at("/metrics")).toBe(401);
    const { id, key } = makeApiKey();
    await strict.store.putApiKey({
      id,
      tenant: "default",
      name: "t",
      hash: hashOfKey(key),
      scopes: ["invoke"],
      functions: null,
      createdMs: 1,
      expiresMs: null,
    });
    const authorization = `Bearer ${key}`;
    expect([await at("/fn/closed", { authorization }), await at("/fn/nothing", { authorization })]).toEqual([200, 404]);
  } finally {
    await strict.end();
  }
});
