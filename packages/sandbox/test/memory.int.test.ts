import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cgroupFile, cgroupPaths } from "./cgroup-files.ts";
import { GARBAGE } from "./fixtures/garbage.ts";
import { freezeTemplate, LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const MIB = 2 ** 20;

/** Those that need the heap to know its limit; the others are for the default runtime alone, since each takes seconds. */
const EVERYWHERE = ["objects that die young, beside 45 MB", "objects that die old, out of 45 MB", "buffers of 1 MiB", "buffers of 20 MB"];

describe.each(["node24", "node22", "node26"] as const)("memory of an instance of %s", (runtime) => {
  let test: TestHost;
  beforeAll(async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
  });
  afterAll(() => test.close());

  it.each(Object.entries(GARBAGE).filter(([name]) => runtime === "node24" || EVERYWHERE.includes(name)))(
    "3 GB of garbage in 128 MiB: %s",
    async (_, code) => {
      const sandbox = await test.host.create({ runtime, limits: LIMITS, hostname: "churn", layer: test.layer(code) });
      const instance = await startInstance(sandbox);
      await instance.load();
      expect(await instance.call()).toBe("done");
      expect((await sandbox.usage()).oomKilled).toBe(false);
    },
  );

  it("an instance of a template reads its own use, not the template's", async () => {
    const layer = test.layer(GARBAGE["objects that die old, out of 45 MB"]!);
    const template = await freezeTemplate(test, { runtime, limits: LIMITS, hostname: "template", layer });
    const sandbox = await template.createSandbox({ limits: LIMITS, hostname: "clone" });
    const instance = await startInstance(sandbox);
    expect(await instance.call()).toBe("done");
    expect((await sandbox.usage()).oomKilled).toBe(false);
    await template.destroy();
  });

  it("garbage is the instance's end where the heap does not know its limit", async () => {
    const layer = test.layer(GARBAGE["objects that die old, out of 45 MB"]!);
    const sandbox = await test.host.create({ runtime, limits: LIMITS, hostname: "unaware", layer });
    const instance = await startInstance(sandbox);
    await instance.load({}, 4 * LIMITS.memoryBytes);
    await expect(instance.call()).rejects.toThrow("the channel closed");
    expect((await sandbox.usage()).oomKilled).toBe(true);
  });

  it("what is alive counts: the kernel ends it at the limit", async () => {
    const layer = test.layer(`module.exports = { fetch: () => { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 16, 1)); } };`);
    const sandbox = await test.host.create({ runtime, limits: LIMITS, hostname: "hoards", layer });
    const instance = await startInstance(sandbox);
    await instance.load();
    await expect(instance.call()).rejects.toThrow("the channel closed");
    const { oomKilled, memoryPeakBytes } = await sandbox.usage();
    expect(oomKilled).toBe(true);
    expect(memoryPeakBytes).toBeGreaterThan(0.95 * LIMITS.memoryBytes);
  });

  it.each([32, 64, 256, 1024])("the limits of a pool sandbox become the version's: %i MiB", async (mib) => {
    const sandbox = await test.host.create({ runtime, limits: { ...LIMITS, openFiles: 4096 }, hostname: "pool" });
    const instance = await startInstance(sandbox);
    const limits = { memoryBytes: mib * MIB, cpu: 0.5, pids: 33, tmpBytes: 2 * MIB, tmpFiles: 50, openFiles: 77, diskBytesPerSecond: MIB };
    await sandbox.assign({
      layer: test.layer(`module.exports = { fetch: () => new Response(String(require("node:fs").statfsSync("/tmp").blocks * 4096)) };`),
      limits,
    });
    await instance.load();
    const paths = cgroupPaths(instance.process.pid);
    expect(cgroupFile(paths, "memory", { v1: "memory.limit_in_bytes", v2: "memory.max" })).toBe(String(limits.memoryBytes));
    expect(cgroupFile(paths, "cpu", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }).split(" ")[0]).toBe("50000");
    expect(cgroupFile(paths, "pids", { v1: "pids.max", v2: "pids.max" })).toBe("33");
    expect(Number(await instance.call())).toBeLessThan(3 * MIB);
    expect(readFileSync(`/proc/${instance.process.pid}/limits`, "utf8")).toMatch(/Max open files +77 +77 /);
  });
});
