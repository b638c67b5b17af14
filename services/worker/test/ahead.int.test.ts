import { existsSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

const HELLO = `module.exports = { fetch: () => new Response("hello") };`;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 30_000);
afterAll(() => platform.close(), 30_000);

const group = (to: TestFunction) => platform.worker.dispatcher.rooms.find(to.function, to.version);
const instances = (to: TestFunction): number => group(to)?.instances.size ?? 0;

function prewarm(body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: platform.socket, path: "/prewarm", method: "POST" }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on("error", reject);
    call.end(JSON.stringify(body));
  });
}

describe("minInstances", () => {
  test("are started as soon as the version is live, and the first call finds one hot", async () => {
    const kept = await platform.deploy("kept", HELLO, { minInstances: 2 });
    await expect.poll(() => instances(kept), { timeout: 5_000 }).toBe(2);
    expect((await platform.call(kept)).head?.start).toBe("hot");
  });

  test("outlive idleTimeoutMs, and one that ends is replaced", async () => {
    const kept = await platform.deploy("outlive", HELLO, { minInstances: 1, idleTimeoutMs: 50 });
    await expect.poll(() => instances(kept), { timeout: 5_000 }).toBe(1);
    const [first] = group(kept)!.instances;
    process.kill(first!.pid, "SIGKILL");
    await expect.poll(() => [...group(kept)!.instances].some(({ pid }) => pid !== first!.pid), { timeout: 5_000 }).toBe(true);
  });

  test("end with the version's last alias", async () => {
    const old = await platform.deploy("replaced", HELLO, { minInstances: 2 });
    await expect.poll(() => instances(old), { timeout: 5_000 }).toBe(2);
    await platform.deploy("replaced", `${HELLO}//2`);
    await expect.poll(() => instances(old), { timeout: 5_000 }).toBe(0);
  });

  test("of a version that does not load: it is said in its log, and it is not tried in a loop", async () => {
    const broken = await platform.deploy("never-loads", `throw new Error("no");`, { minInstances: 3 });
    await expect.poll(async () => (await platform.store.readLogs(broken.function)).length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(instances(broken)).toBe(0);
  });
});

describe("POST /prewarm", () => {
  test("makes what will be needed, which the calls then find hot", async () => {
    const awaited = await platform.deploy("awaited", HELLO);
    expect(await prewarm({ ...awaited, instances: 2 })).toBe(202);
    await expect.poll(() => instances(awaited), { timeout: 5_000 }).toBe(2);
    expect((await platform.call(awaited)).head?.start).toBe("hot");
  });

  test("for a time that is still far makes nothing yet", async () => {
    const later = await platform.deploy("later", HELLO);
    expect(await prewarm({ ...later, instances: 2, atMs: Date.now() + 3_600_000 })).toBe(202);
    await expect.poll(() => group(later), { timeout: 5_000 }).toBeDefined();
    expect([instances(later), group(later)?.unused]).toEqual([0, false]);
  });

  test("that is malformed is refused", async () => {
    expect(await prewarm({ function: "awaited", instances: -1 })).toBe(400);
  });
});

test("reuse never: the sandbox's memory is given back before the invocation's record is written", async () => {
  const slow = `exports.fetch = async () => (await new Promise((resolve) => setTimeout(resolve, 200)), new Response("x"));`;
  const once = await platform.deploy("once", slow, { reuse: "never" });
  const call = platform.call(once);
  await expect.poll(() => instances(once), { interval: 5 }).toBe(1);
  const [instance] = group(once)!.instances;
  const before = [existsSync(`/proc/${instance!.pid}`)];
  const { lines } = platform;
  const alive: boolean[] = [];
  const push = lines.push.bind(lines);
  lines.push = (...given) => {
    if (given[0]?.["msg"] === "invocation" && given[0]["function"] === "once") alive.push(existsSync(`/proc/${instance!.pid}`));
    return push(...given);
  };
  await call;
  await expect.poll(() => alive.length).toBe(1);
  expect([before, alive, instances(once), platform.worker.dispatcher.held]).toEqual([[true], [false], 0, 0]);
});

test("the pool is not empty for ever under starts that never pause", { timeout: 30_000 }, async () => {
  const steady = await platform.deploy("steady", HELLO, { reuse: "never", maxInstances: 8, template: false });
  const kinds = new Map<string, number>();
  let answered = 0;
  const caller = async (): Promise<void> => {
    while (answered < 400) {
      const { head } = await platform.call(steady);
      answered++;
      kinds.set(head?.start ?? "none", (kinds.get(head?.start ?? "none") ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 6 }, caller));
  // More than the two that were there at first.
  expect(kinds.get("pool")).toBeGreaterThan(4);
});
