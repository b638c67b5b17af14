import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cgroupFile, cgroupPaths } from "./cgroup-files.ts";
import { LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const MIB = 2 ** 20;

/** 45 MB live, then 3 GB of short-lived objects beside it. */
const CHURN = `
  const live = [];
  module.exports = { fetch: () => {
    for (let at = 0; at < 45 * 1024; at++) live.push(new Array(126).fill(at));
    const recent = new Array(200);
    for (let made = 0, at = 0; made < 3e9; made += 1040, at++) recent[at % 200] = new Array(128).fill(at);
    return new Response(String(live.length));
  } };`;

describe.each(["node24", "node22", "node26"] as const)("memory of an instance of %s", (runtime) => {
  let test: TestHost;
  beforeAll(async () => {
    test = openTestHost();
    await test.host.startZygote(runtime);
  });
  afterAll(() => test.close());

  it("garbage does not count: 45 MB live with 3 GB of churn lives in 128 MiB", async () => {
    const sandbox = await test.host.create({ runtime, limits: LIMITS, hostname: "churn", layer: test.layer(CHURN) });
    const instance = await startInstance(sandbox);
    await instance.load();
    expect(await instance.call()).toBe(String(45 * 1024));
    expect((await sandbox.usage()).oomKilled).toBe(false);
  });

  it.each([32, 64, 256, 1024])("the limits of a pool sandbox become the version's: %i MiB", async (mib) => {
    const sandbox = await test.host.create({ runtime, limits: LIMITS, hostname: "pool" });
    const instance = await startInstance(sandbox);
    const limits = { memoryBytes: mib * MIB, cpu: 0.5, pids: 33, tmpBytes: 2 * MIB };
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
  });
});
