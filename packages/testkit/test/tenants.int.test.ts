import { makeProject, startPlatform, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

let platform: Platform;
let project: Project;
const keyOf: Record<string, string> = {};
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject();
  for (const tenant of ["acme", "other"]) {
    await ok(["tenants", "create", tenant]);
    keyOf[tenant] = (await ok(["keys", "create", "--tenant", tenant, "--scopes", "admin"])).trim();
  }
});
afterAll(async () => {
  project?.remove();
  await platform?.stop();
});

/** The `fn` command with the key of a tenant, or the operator's. */
const fn = (args: string[], tenant?: string, input?: string) =>
  platform.fn(args, {
    input,
    ...(tenant === undefined ? {} : { env: { FN_URL: platform.url, FN_API_KEY: keyOf[tenant] } }),
  });

async function ok(args: string[], tenant?: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await fn(args, tenant, input);
  if (code !== 0) throw new Error(`fn ${args.join(" ")}: ${code} ${stdout}${stderr}`);
  return stdout;
}

const deploy = (tenant: string, name: string, source: string, ...flags: string[]): Promise<string> =>
  ok(["deploy", project.write(`${name}.ts`, source), "--name", name, ...flags], tenant);

const call = (target: string, key?: string): Promise<Response> =>
  fetch(platform.at(target), { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });

describe("two tenants side by side", () => {
  beforeAll(async () => {
    for (const tenant of ["acme", "other"]) {
      await deploy(
        tenant,
        "hello",
        `export default (request, env, ctx) => { console.log("log of ${tenant}"); return new Response("${tenant} " + ctx.function); };`,
      );
    }
  });

  test("have functions of one name, each its own", async () => {
    expect(await (await call("acme.hello")).text()).toBe("acme hello");
    expect(await (await call("other.hello")).text()).toBe("other hello");
    await expectProblem(await call("hello"), "FUNCTION_NOT_FOUND");
    expect(await ok(["invoke", "hello"], "acme")).toBe("acme hello");
    expect(await ok(["invoke", "hello", "--tenant", "other"])).toBe("other hello");
  });

  test("see their own logs and functions alone", async () => {
    await expect.poll(() => ok(["logs", "hello"], "acme"), { timeout: 15_000 }).toContain("log of acme");
    expect(await ok(["logs", "hello"], "acme")).not.toContain("log of other");
    const { functions } = JSON.parse(await ok(["list", "--json"], "other")) as { functions: { name: string; url: string }[] };
    expect(functions).toMatchObject([{ name: "hello", url: `${platform.url}/fn/other.hello` }]);
    expect(JSON.parse(await ok(["list", "--json"]))).toEqual({ functions: [] });
  });

  test("are not changed by each other's deletes, and a tenant's key does not become another's by --tenant", async () => {
    expect((await fn(["delete", "hello", "--yes", "--tenant", "acme"], "other")).stderr).toContain("FORBIDDEN");
    await ok(["delete", "hello", "--yes"], "other");
    await expectProblem(await call("other.hello"), "FUNCTION_NOT_FOUND");
    expect(await (await call("acme.hello")).text()).toBe("acme hello");
  });
});

test("a call by name stays within the tenant, and needs no key there", async () => {
  await deploy(
    "acme",
    "inner",
    `export default (request) => new Response("inner for " + request.headers.get("x-fn-caller"));`,
    "--auth",
    "key",
  );
  const CALLER = `export default async () => { const answer = await fetch("http://inner.fn.internal/"); return new Response(answer.status + " " + await answer.text()); };`;
  await deploy("acme", "outer", CALLER);
  await deploy("other", "outer", CALLER);
  await expectProblem(await call("acme.inner"), "UNAUTHENTICATED");
  expect(await (await call("acme.outer")).text()).toBe("200 inner for outer");
  expect(await (await call("other.outer")).text()).toMatch(/^404 .*FUNCTION_NOT_FOUND/);
});

test("a function that takes a key opens to it, does not see it, and closes when it is revoked", async () => {
  await deploy("acme", "closed", `export default (request) => new Response([...request.headers.keys()].join());`, "--auth", "key");
  const made = JSON.parse(await ok(["keys", "create", "--scopes", "invoke", "--json"], "acme")) as { id: string; key: string };
  const answer = await call("acme.closed", made.key);
  expect([answer.status, await answer.text()]).toEqual([200, expect.not.stringMatching(/authorization|x-fn-key/)]);
  await expectProblem(await call("acme.closed", keyOf["other"]), "FUNCTION_NOT_FOUND");
  expect((await fn(["keys", "revoke", made.id], "other")).code).toBe(4);
  await ok(["keys", "revoke", made.id], "acme");
  await expect.poll(async () => (await call("acme.closed", made.key)).status, { timeout: 5000 }).toBe(401);
  expect(JSON.parse(await ok(["list", "--json"], "acme"))).toMatchObject({
    functions: expect.arrayContaining([expect.objectContaining({ name: "closed", auth: "key" })]) as unknown[],
  });
});

test("quotas bound functions and the rate; a tenant with functions is not removed", async () => {
  await ok(["tenants", "create", "tiny", "--functions", "1", "--rps", "0.01", "--burst", "5"]);
  keyOf["tiny"] = (await ok(["keys", "create", "--tenant", "tiny", "--scopes", "admin"])).trim();
  await deploy("tiny", "one", `export default () => new Response("one");`);
  await expect(deploy("tiny", "two", `export default () => new Response("two");`)).rejects.toThrow("QUOTA_EXCEEDED");
  const answers = await Promise.all(Array.from({ length: 25 }, () => call("tiny.one")));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  expect(Number(answers.find(({ status }) => status === 429)?.headers.get("retry-after"))).toBeGreaterThan(90);
  expect((await fn(["tenants", "rm", "tiny"])).stderr).toContain("IN_USE");
  await ok(["delete", "one", "--yes"], "tiny");
  await ok(["tenants", "rm", "tiny"]);
  expect((await fn(["whoami"], "tiny")).stderr).toContain("UNAUTHENTICATED");
});

describe("secrets", () => {
  const SOURCE = `export const config = { secrets: ["API_TOKEN"] };
const token = process.env.API_TOKEN.toUpperCase();
export default (request, env) => { console.log("token is", env.API_TOKEN); return new Response(env.API_TOKEN + " " + token); };`;

  test("are missed by name at the deploy, reach the function that asks, are replaced, and are seen nowhere else", async () => {
    const missing = await fn(["deploy", project.write("keeper.ts", SOURCE), "--secret", "API_TOKEN"], "acme");
    expect([missing.code, missing.stderr]).toEqual([5, expect.stringContaining("API_TOKEN")]);
    await ok(["secrets", "set", "API_TOKEN"], "acme", "first-secret\n");
    await deploy("acme", "keeper", SOURCE);
    expect(await (await call("acme.keeper")).text()).toBe("first-secret FIRST-SECRET");
    await ok(["secrets", "set", "API_TOKEN"], "acme", "second-secret");
    await expect.poll(async () => (await call("acme.keeper")).text(), { timeout: 10_000 }).toBe("second-secret SECOND-SECRET");
    expect(await ok(["secrets", "ls"], "acme")).toContain("API_TOKEN");
    expect(await ok(["secrets", "ls"], "other")).not.toContain("API_TOKEN");
    expect((await fn(["secrets", "rm", "API_TOKEN"], "acme")).stderr).toContain("IN_USE");
    await expect.poll(() => ok(["logs", "keeper", "--json"], "acme"), { timeout: 15_000 }).toContain("token is [secret API_TOKEN]");
    for (const text of [
      await ok(["logs", "keeper", "--json"], "acme"),
      await ok(["list", "--json"], "acme"),
      platform.supervisor.logTails(),
    ])
      expect(text).not.toMatch(/first-secret|second-secret/);
  });
});

test("who changed what is written down for the tenant", async () => {
  const text = await ok(["audit"], "acme");
  expect(text).toContain("/api/functions/hello/versions");
  expect(text).toContain(keyOf["acme"]?.split("_")[1]);
  expect(await ok(["audit"], "other")).not.toContain("/api/functions/keeper");
});

test("whoami says whose key it is", async () => {
  expect(await ok(["whoami"])).toContain("the operator's");
  expect(JSON.parse(await ok(["whoami", "--json"], "acme"))).toMatchObject({ tenant: "acme", operator: false, scopes: ["admin"] });
});
