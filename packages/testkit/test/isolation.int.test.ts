import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import { CHECKOUT, cgroupsNamed, example, namespaces, startPlatform, type InstanceView, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import inspectHere from "../../../functions/hostile/inspect.ts";

type Attempt<T> = { ok: true; value: T } | { ok: false; code: string };

interface Report {
  process: { pid: number; ppid: number; hostname: string; uid: number; gid: number; groups: number[] };
  status: { value: Record<string, string> };
  namespaces: { value: Record<string, string> };
  mounts: { value: string[] };
  root: { value: string[] };
  proc: { value: string[] };
  fds: { value: Record<string, string> };
  env: Record<string, string>;
  interfaces: Record<string, unknown>;
  reads: Record<string, Attempt<unknown>>;
  writes: Record<string, Attempt<string>>;
}

let platform: Platform;
let report: Report;
/** The same function, in this process, which is root and in no sandbox: what it could do if nothing held it. */
let unheld: Report;
let instance: InstanceView;

beforeAll(async () => {
  platform = await startPlatform({ env: { HOST_SECRET: "not for functions" } });
  await platform.deploy(example("hostile/inspect"), "--memory", "96", "--cpu", "0.5", "--env", "OWN=yes");
  const files = [homePaths(platform.home).credentials, join(CHECKOUT, "package.json"), workerEnvironment(), "/root"];
  const query = files.map((file) => `read=${encodeURIComponent(file)}`).join("&") + "&write=/etc/fn-probe&write=/dev/fn-probe";
  report = (await (await fetch(platform.at(`inspect?${query}`))).json()) as Report;
  unheld = (await inspectHere(new Request(`http://here/?${query}`)).json()) as Report;
  instance = (await platform.instances()).find((each) => each.function === "inspect") as InstanceView;
});
afterAll(() => platform?.stop());

describe("seen from inside", () => {
  test("it is in a pid namespace of its own, with nobody else in sight", () => {
    expect([report.process.pid, report.process.ppid]).toEqual([2, 0]);
    expect(report.proc.value.filter((name) => /^\d+$/.test(name))).toEqual(["2"]);
    expect(unheld.proc.value.filter((name) => /^\d+$/.test(name)).length).toBeGreaterThan(2);
  });

  test("its hostname is its own", () => {
    expect(report.process.hostname).not.toBe(unheld.process.hostname);
    expect(report.process.hostname).not.toBe("");
  });

  test("it is not root, and in no group of root's", () => {
    expect(unheld.process.uid).toBe(0);
    expect([report.process.uid, report.process.gid]).not.toContain(0);
    expect(report.process.groups).not.toContain(0);
  });

  test.each(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])("its capability set %s is empty", (set) => {
    expect(report.status.value[set]).toBe("0000000000000000");
  });

  test("the three sets that make root strong are not empty without the sandbox", () => {
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(unheld.status.value[set]).not.toBe("0000000000000000");
  });

  test("seccomp filters it and it can gain no privileges", () => {
    expect([report.status.value["Seccomp"], report.status.value["NoNewPrivs"]]).toEqual(["2", "1"]);
    expect([unheld.status.value["Seccomp"], unheld.status.value["NoNewPrivs"]]).toEqual(["0", "0"]);
  });

  test("its root is read-only", () => {
    const root = report.mounts.value.find((line) => line.split(" ")[4] === "/");
    expect(root?.split(" ")[5]?.split(",")).toEqual(expect.arrayContaining(["ro", "nosuid", "nodev"]));
    const refused = ["/fn-probe", "/app/fn-probe", "/etc/fn-probe", "/dev/fn-probe"].map((path) => report.writes[path]?.ok);
    expect(refused).toEqual([false, false, false, false]);
    expect(unheld.writes["/fn-probe"]).toEqual({ ok: true, value: "written" });
  });

  test("its /tmp is writable", () => {
    expect(report.writes["/tmp/fn-probe"]).toEqual({ ok: true, value: "written" });
  });

  test.each([
    ["the platform's credentials", () => homePaths(platform.home).credentials],
    ["a file of the repository", () => join(CHECKOUT, "package.json")],
    ["the shadow file", () => "/etc/shadow"],
    ["root's home", () => "/root"],
    ["the worker's environment", () => workerEnvironment()],
  ])("it cannot read %s", (_, path) => {
    expect(report.reads[path()]?.ok).toBe(false);
    expect(unheld.reads[path()]?.ok, "without the sandbox it can").toBe(true);
  });

  test("it holds no descriptor of a file of the host but the count of its own memory", () => {
    const files = Object.values(report.fds.value).filter((target) => target.startsWith("/") && !target.startsWith("/proc/"));
    const foreign = files.filter((target) => target !== "/dev/null");
    expect(foreign).toEqual([expect.stringMatching(/\/memory\.(usage_in_bytes|current)$/)]);
  });

  test("it sees its own variables, none of the services'", () => {
    expect(report.env["OWN"]).toBe("yes");
    expect(report.env).not.toHaveProperty("HOST_SECRET");
    expect(Object.keys(report.env).filter((name) => /^(FN_|REDIS_URL$|LD_|NODE_OPTIONS$)/.test(name))).toEqual([]);
  });

  test("it has loopback and a link of its own, without IPv6", () => {
    expect(Object.keys(report.interfaces).sort()).toEqual(["eth0", "lo"]);
    expect(JSON.stringify(report.interfaces)).not.toContain("IPv6");
  });
});

describe("seen from outside", () => {
  test.each(Object.keys(namespaces("self")))("its %s namespace is not the host's", (name) => {
    const inside = namespaces(instance.pid)[name];
    expect(inside).toMatch(/^\w+:\[\d+\]$/);
    expect(inside).not.toBe(namespaces("self")[name]);
    expect(inside).not.toBe(namespaces(platform.pids().worker as number)[name]);
  });

  test("two instances share none of their namespaces and no user id of the host", async () => {
    await platform.deploy(example("hello"));
    await fetch(platform.at("hello"));
    const other = (await platform.instances()).find((each) => each.function === "hello") as InstanceView;
    const [one, two] = [namespaces(instance.pid), namespaces(other.pid)];
    for (const name of Object.keys(one)) expect(one[name], name).not.toBe(two[name]);
    expect(firstUid(instance.pid)).not.toBe(firstUid(other.pid));
    expect(firstUid(instance.pid)).toBeGreaterThan(65_536);
  });

  test.each([
    ["96 MiB of memory", { v1: "memory.limit_in_bytes", v2: "memory.max" }, String(96 * 1024 * 1024)],
    ["half a core", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }, "50000"],
    ["64 processes", { v1: "pids.max", v2: "pids.max" }, "64"],
  ])("its cgroup holds it to %s", (_, file, value) => {
    expect(cgroupFile(file).split(" ")[0]).toBe(value);
  });

  test("its process is in those cgroups", () => {
    const members = groups().map((path) => readFileSync(join(path, "cgroup.procs"), "utf8").trim().split("\n"));
    expect(members.length).toBeGreaterThan(0);
    for (const pids of members) expect(pids).toContain(String(instance.pid));
  });
});

const workerEnvironment = (): string => `/proc/${platform.pids().worker}/environ`;

/** The host's directories of the instance's cgroups. */
const groups = (): string[] => cgroupsNamed(platform.cgroupName).filter((path) => path.endsWith(`/sb-${instance.id}`));

/** The content of a limit's file in whichever hierarchy has it. */
function cgroupFile({ v1, v2 }: { v1: string; v2: string }): string {
  const files = groups().flatMap((path) => [join(path, v1), join(path, v2)]);
  return readFileSync(files.find((file) => existsSync(file)) ?? "none", "utf8").trim();
}

/** Which uid of the host the sandbox's uid 0 is. */
function firstUid(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/uid_map`, "utf8").trim().split(/\s+/)[1]);
}
