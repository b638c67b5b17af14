import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { RUNTIMES } from "@zygo/contracts/names";
import { namespaces } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cgroupFile, cgroupPaths } from "./cgroup-files.ts";
import { freezeTemplate, LIMITS, openTestHost, startInstance, type TestHost, type TestInstance } from "./open-host.ts";
import type { Sandbox, Template } from "../src/ports.ts";

const REPORT = `
  const fs = require("node:fs"), os = require("node:os");
  const attempt = (f) => { try { return f() ?? "ok"; } catch (e) { return e.code; } };
  module.exports = { fetch: () => Response.json({
    pid: process.pid, ppid: process.ppid, uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), hostname: os.hostname(),
    status: fs.readFileSync("/proc/self/status", "utf8"),
    root: fs.readdirSync("/"), processes: fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)),
    writeRoot: attempt(() => fs.writeFileSync("/evil", "x")), writeApp: attempt(() => fs.writeFileSync("/app/evil", "x")),
    writeTmp: attempt(() => fs.writeFileSync("/tmp/fine", "x")), readShadow: attempt(() => fs.readFileSync("/etc/shadow")),
    readHost: attempt(() => fs.readFileSync(process.env.HOST_FILE)), sysctl: attempt(() => fs.writeFileSync("/proc/sys/kernel/hostname", "x")),
    kcore: attempt(() => fs.readFileSync("/proc/kcore").length), interfaces: Object.keys(os.networkInterfaces()),
    env: process.env, fds: fs.readdirSync("/proc/self/fd").map((fd) => attempt(() => fs.readlinkSync("/proc/self/fd/" + fd))),
    mounts: fs.readFileSync("/proc/self/mounts", "utf8"), cgroup: fs.readFileSync("/proc/self/cgroup", "utf8"), execPath: process.execPath,
    fillTmp: attempt(() => fs.writeFileSync("/tmp/big", Buffer.alloc(9 * 1024 * 1024))),
  }) };`;

interface Report extends Record<string, unknown> {
  status: string;
  mounts: string;
  fds: string[];
}

/** Identity of each pipe, socket and eventfd that the process has open. */
function shareable(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    if (target.startsWith("pipe:") || target.startsWith("socket:")) return [target];
    const eventfd = /eventfd-id: *(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
    return eventfd === null ? [] : [`eventfd:${eventfd[1]}`];
  });
}

const KINDS = RUNTIMES.flatMap((runtime) => [{ runtime, from: "zygote" } as const, { runtime, from: "template" } as const]);

describe.each(KINDS)("a sandbox of $runtime, its instance forked from a $from", ({ runtime, from }) => {
  /** Inside: a template's instances have ids of their own among those of its domain. */
  const uid = from === "zygote" ? 1000 : 2049;
  const env = { HOST_FILE: import.meta.filename };
  let test: TestHost;
  let instance: TestInstance;
  let report: Report;

  beforeAll(async () => {
    test = openTestHost();
    const zygote = await test.host.startZygote(runtime);
    expect(zygote.selfTest.checks.filter(({ ok }) => !ok)).toEqual([]);
    ({ instance } = await start("greeter"));
    report = JSON.parse(await instance.call()) as Report;
  });
  afterAll(() => test.close());

  let template: Template | undefined;
  async function start(hostname: string): Promise<{ sandbox: Sandbox; instance: TestInstance }> {
    const layer = test.layer(REPORT);
    if (from === "template") template ??= await freezeTemplate(test, { runtime, limits: LIMITS, hostname: "template", layer }, env);
    const made = await (template?.createSandbox({ limits: LIMITS, hostname }) ??
      test.host.create({ runtime, limits: LIMITS, hostname, layer }));
    const started = await startInstance(made);
    if (from === "zygote") expect(await started.load(env)).toMatchObject({ ok: true });
    return { sandbox: made, instance: started };
  }

  it("shows the function its own world", () => {
    expect(report).toMatchObject({ pid: 2, ppid: 0, uid, gid: uid, hostname: "greeter", execPath: "/usr/bin/node" });
    expect(report["groups"]).toEqual([uid]);
    expect(report["processes"]).toEqual(["2"]);
    expect(report["interfaces"]).toEqual(["lo"]);
    expect(report["root"]).not.toContain("home");
    expect(Object.keys(report["env"] as object)).not.toContain("LD_PRELOAD");
  });

  it("leaves it no privilege", () => {
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) expect(report.status).toMatch(new RegExp(`${set}:\\t0{16}\\n`));
    expect(report.status).toMatch(/Seccomp:\t2\n/);
    expect(report.status).toMatch(/NoNewPrivs:\t1\n/);
  });

  it("lets it write to /tmp alone, and only so much", () => {
    expect(report).toMatchObject({ writeRoot: "EROFS", writeApp: "EROFS", writeTmp: "ok", fillTmp: "ENOSPC" });
  });

  it("hides the host's files", () => {
    expect(report).toMatchObject({ readShadow: "ENOENT", readHost: "ENOENT" });
    expect(report["sysctl"]).toMatch(/EROFS|EACCES/);
    expect([0, "EACCES", "ENOENT"]).toContain(report["kcore"]);
    expect(report.mounts.split("\n")[0]).toMatch(/^overlay \/ overlay ro,nosuid,nodev/);
    const files = report.fds.filter((target) => target.startsWith("/") && target !== "/dev/null" && !target.startsWith("/proc/"));
    // Its own use of memory, opened for reading: no directory, and nothing else is reached from it.
    expect(files).toHaveLength(1);
    // Nor does its link tell where it is: `Cgroups` opens it through a mount that is nowhere.
    expect(files[0]).toMatch(/^\/sb-\d+\/memory\.(usage_in_bytes|current)$/);
  });

  it("shares no descriptor with its siblings", async () => {
    const { instance: sibling } = await start("sibling");
    expect(shareable(instance.process.pid).filter((id) => shareable(sibling.process.pid).includes(id))).toEqual([]);
  });

  it("shares no writable memory", () => {
    const maps = readFileSync(`/proc/${instance.process.pid}/maps`, "utf8").split("\n");
    expect(maps.filter((line) => / .w.s /.test(line))).toEqual([]);
  });

  it("shares no namespace with the host", () => {
    const host = namespaces("self");
    const inside = namespaces(instance.process.pid);
    for (const [name, id] of Object.entries(host)) expect(inside[name], name).not.toBe(id);
  });

  it("maps its ids to a range of its own", () => {
    const map = readFileSync(`/proc/${instance.process.pid}/uid_map`, "utf8").trim().split(/\s+/).map(Number);
    expect([map[0], map[2]]).toEqual([0, from === "zygote" ? 1024 : 32_768]);
    expect(map[1]).toBeGreaterThanOrEqual(0x70000000);
    expect(map[1]! + map[2]!).toBeLessThanOrEqual(0xffff0000);
  });

  it("is limited by its cgroups", () => {
    const paths = cgroupPaths(instance.process.pid);
    expect(cgroupFile(paths, "memory", { v1: "memory.limit_in_bytes", v2: "memory.max" })).toBe(String(LIMITS.memoryBytes));
    expect(cgroupFile(paths, "pids", { v1: "pids.max", v2: "pids.max" })).toBe("64");
    expect(cgroupFile(paths, "cpu", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }).split(" ")[0]).toBe("100000");
  });
});
