import { NO_QUOTAS } from "@zygo/contracts";
import { sealSecret } from "@zygo/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SEALER, startPlatform, type Platform } from "./platform.ts";

const SLOW = `module.exports = async () => { await new Promise((done) => setTimeout(done, 300)); return new Response(String(process.pid)); };`;
const SECRETS = `console.log("at load", process.env.TOKEN);
module.exports = (request, env) => {
  console.log("it is", env.TOKEN, { nested: [env.TOKEN] });
  if (request.url.endsWith("/throw")) throw new Error("with " + env.TOKEN);
  return new Response(env.TOKEN + " " + process.env.TOKEN);
};`;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

const instancesOf = (tenant: string): number =>
  [...platform.worker.dispatcher.rooms.groups].filter((group) => group.tenant === tenant).reduce((sum, group) => sum + group.size, 0);

/** The most instances that the tenant has while this runs. */
async function mostDuring(tenant: string, work: Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, instancesOf(tenant))), 2);
  await work.finally(() => clearInterval(timer));
  return most;
}

describe("a tenant's instances", () => {
  test("are never more than its quota, over all its functions, and all calls are served", async () => {
    await platform.store.createTenant("acme", { ...NO_QUOTAS, instances: 2 });
    const both = await Promise.all(["acme.one", "acme.two"].map((name) => platform.deploy(name, SLOW)));
    const calls = Array.from({ length: 8 }, (_, at) => platform.call(both[at % 2]!));
    const most = await mostDuring("acme", Promise.all(calls));
    expect((await Promise.all(calls)).map(({ head }) => head?.status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(most).toBe(2);
  });

  test("are bounded by the memory that they may use, too", async () => {
    await platform.store.createTenant("small", { ...NO_QUOTAS, memoryMb: 300 });
    const fn = await platform.deploy("small.fn", SLOW, { memoryMb: 100 });
    const calls = Array.from({ length: 8 }, () => platform.call(fn));
    expect(await mostDuring("small", Promise.all(calls))).toBe(3);
  });

  test("do not hold up another tenant's, and are more once the quota is", async () => {
    await platform.store.createTenant("narrow", { ...NO_QUOTAS, instances: 1 });
    const narrow = await platform.deploy("narrow.fn", SLOW);
    const calls = Array.from({ length: 12 }, () => platform.call(narrow));
    const other = await platform.deploy("free", SLOW);
    expect((await platform.call(other)).head?.status).toBe(200);
    expect(instancesOf("narrow")).toBe(1);
    await platform.store.setQuotas("narrow", NO_QUOTAS);
    expect(await mostDuring("narrow", Promise.all(calls))).toBeGreaterThan(1);
  });

  test("do not start for a tenant that there is not", async () => {
    const fn = await platform.deploy("acme.gone", SLOW);
    expect((await platform.call({ ...fn, function: "nobody.fn" })).failure?.code).toBe("FUNCTION_NOT_FOUND");
  });
});

describe("secrets", () => {
  const place = { tenant: "default", function: null, name: "TOKEN" };
  const set = (value: string, owner: string | null = null): Promise<void> =>
    platform.store.putSecret({ ...place, function: owner }, sealSecret(SEALER, { ...place, function: owner }, value));
  const ask = async (fn: { function: string; version: string }, url = "http://h/"): Promise<string> =>
    (await platform.call(fn, { url })).body;

  test("reach those who ask for them, and a new value reaches new instances within a second", async () => {
    await set("first-value");
    const fn = await platform.deploy("keeper", SECRETS, { secrets: ["TOKEN"] });
    expect(await ask(fn)).toBe("first-value first-value");
    await set("second-value");
    await expect.poll(() => ask(fn), { timeout: 1000 }).toBe("second-value second-value");
    await set("own-value", "keeper");
    await expect.poll(() => ask(fn), { timeout: 1000 }).toBe("own-value own-value");
    await platform.store.removeSecret({ ...place, function: "keeper" });
  });

  test("do not reach a function that did not ask", async () => {
    const fn = await platform.deploy("stranger", SECRETS);
    expect(await ask(fn)).toBe("undefined undefined");
  });

  test("that are missing fail the call, by name", async () => {
    const fn = await platform.deploy("wanting", SECRETS, { secrets: ["NOWHERE"] });
    expect((await platform.call(fn)).failure).toMatchObject({
      code: "FUNCTION_LOAD_FAILED",
      detail: expect.stringContaining("NOWHERE") as string,
    });
  });

  test("are in no log, whether printed or thrown, and not in what the gateway is told", async () => {
    await set("quite-unguessable");
    const fn = await platform.deploy("talker", SECRETS, { secrets: ["TOKEN"] });
    await ask(fn);
    const thrown = await platform.call(fn, { url: "http://h/throw" });
    expect(thrown.failure?.code).toBe("FUNCTION_ERROR");
    expect(JSON.stringify(thrown.failure)).not.toContain("quite-unguessable");
    await expect.poll(async () => JSON.stringify(await platform.store.readLogs("talker"))).toContain("with [secret TOKEN]");
    const log = JSON.stringify(await platform.store.readLogs("talker"));
    expect(log).toContain("at load [secret TOKEN]");
    expect(log).not.toContain("quite-unguessable");
    expect(JSON.stringify(platform.lines)).not.toContain("quite-unguessable");
  });
});
