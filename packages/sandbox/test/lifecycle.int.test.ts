import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupsNamed, descendants, held, settled, waitFor } from "@zygo/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const ECHO = `module.exports = { fetch: (request) => new Response(new URL(request.url).pathname) };`;
const runtime = "node24";
const spec = { runtime, limits: LIMITS, hostname: "test" } as const;

let test: TestHost;
afterEach(() => test.close());

describe("a sandbox's life", () => {
  it("starts empty in the pool, gets its layer once, serves", async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const sandbox = await test.host.create(spec);
    const instance = await startInstance(sandbox);
    const layer = test.layer(ECHO);
    await sandbox.assign({ layer, limits: { ...LIMITS, memoryBytes: 64 * 2 ** 20 } });
    await expect(sandbox.assign({ layer, limits: LIMITS })).rejects.toThrow("has a layer already");
    expect(await instance.load()).toMatchObject({ ok: true, handlers: ["fetch"] });
    expect(await instance.call("/a")).toBe("/a");
    expect((await sandbox.usage()).memoryPeakBytes).toBeGreaterThan(0);
  });

  it("tells how an instance ended, and what the kernel killed for memory", async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const layer = test.layer(`module.exports = { fetch: (request) => {
      const path = new URL(request.url).pathname;
      if (path === "/exit") process.exit(7);
      if (path === "/abort") process.abort();
      const kept = []; for (;;) kept.push(Buffer.alloc(1024 * 1024, 1));
    } };`);
    const ends = async (path: string): Promise<unknown> => {
      const sandbox = await test.host.create({ ...spec, layer });
      const instance = await startInstance(sandbox);
      await instance.load();
      instance.call(path).catch(() => {});
      const status = await instance.process.exited;
      return { ...status, oom: (await sandbox.destroy()).oomKilled };
    };
    expect(await ends("/exit")).toEqual({ code: 7, signal: null, oom: false });
    expect(await ends("/abort")).toEqual({ code: null, signal: "ABRT", oom: false });
    expect(await ends("/hoard")).toEqual({ code: null, signal: "KILL", oom: true });
  });

  it("leaves nothing after 200 starts and ends", async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const layer = test.layer(ECHO);
    const round = async (): Promise<void> => {
      const sandbox = await test.host.create({ ...spec, layer });
      const instance = await startInstance(sandbox);
      await instance.load();
      expect(await instance.call("/x")).toBe("/x");
      await sandbox.destroy();
    };
    await round(); // what is made once
    const count = (): ReturnType<typeof held> => held(test.host.launcherPid!, test.name);
    const ours = (): number => held(process.pid, test.name).fds;
    const before = count();
    const fdsBefore = ours();
    for (let at = 0; at < 20; at++) await Promise.all(Array.from({ length: 10 }, round));
    expect(await settled(before, count)).toEqual(before);
    expect(ours()).toBeLessThanOrEqual(fdsBefore + 1);
  });

  it("tells of a zygote's end once: by the refusal while it starts, by an event afterwards", async () => {
    const ended: string[] = [];
    test = openTestHost({ onZygoteExit: (name) => ended.push(name) });
    const starting = test.host.startZygote(runtime);
    const launcher = test.host.launcherPid!;
    const young = await waitFor("a zygote", () => descendants(launcher).find(({ command }) => command.includes("zygote.cjs")));
    process.kill(young.pid, "SIGKILL");
    await expect(starting).rejects.toThrow("it ended before it was ready");
    const { pid } = await test.host.startZygote(runtime);
    expect(ended).toEqual([]);
    process.kill(pid, "SIGKILL");
    await waitFor("the event", () => ended.length > 0);
    expect(ended).toEqual([runtime]);
  });

  it("refuses a fork whose sandbox ends meanwhile", async () => {
    test = openTestHost();
    const { pid } = await test.host.startZygote(runtime);
    const sandbox = await test.host.create(spec);
    process.kill(pid, "SIGSTOP");
    const forking = sandbox.fork();
    forking.catch(() => {});
    await sandbox.destroy();
    await expect(forking).rejects.toThrow("the sandbox ended");
  });

  it("ends with the launcher, whatever killed it, and the next start clears its cgroups", async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
    const sandbox = await test.host.create({ ...spec, layer: test.layer(ECHO) });
    const instance = await startInstance(sandbox);
    await instance.load();
    const family = descendants(test.host.launcherPid!).map(({ pid }) => pid);
    expect(family.length).toBeGreaterThanOrEqual(4); // launcher, zygote, init, instance
    process.kill(test.host.launcherPid!, "SIGKILL");
    await test.host.lost;
    for (let waited = 0; family.some(alive) && waited < 5000; waited += 20) await sleep(20);
    expect(family.filter(alive)).toEqual([]);
    expect(await instance.process.exited).toMatchObject({ signal: "KILL" });
    expect(cgroupsNamed(test.name)).not.toEqual([]);
    const next = openTestHost({ name: test.name });
    await next.host.startZygote(runtime);
    await next.close();
    expect(cgroupsNamed(test.name)).toEqual([]);
  });
});

function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
