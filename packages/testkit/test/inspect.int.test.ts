import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FunctionDetail, Inspection } from "@zygo/contracts";
import { CHECKOUT, makeProject, namespaces, startPlatform, type Platform, type Project } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

let platform: Platform;
let project: Project;
beforeAll(async () => {
  platform = await startPlatform();
  project = makeProject();
  project.write(
    "seen.ts",
    `import { readFileSync } from "node:fs";
     export const config = { memoryMb: 96, cpu: 0.5, pids: 32, tmpMb: 8 };
     export default () => Response.json({ pid: process.pid, status: readFileSync("/proc/self/status", "utf8") });`,
  );
  expect((await platform.fn(["deploy", "seen.ts"], { cwd: project.directory })).code).toBe(0);
}, 60_000);
afterAll(async () => {
  await platform?.stop();
  project?.remove();
});

const field = (status: string, name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
const inspected = async (): Promise<Inspection> =>
  Inspection.parse(JSON.parse((await platform.fn(["inspect", "seen", "--json"], { cwd: CHECKOUT })).stdout));

test("fn inspect tells what /proc and the control groups say from outside", async () => {
  const answer = await fetch(`${platform.url}/fn/seen`);
  const inner = z.object({ pid: z.int(), status: z.string() }).parse(await answer.json());
  const { instances, silent } = await inspected();
  expect(silent).toEqual([]);
  expect(instances).toHaveLength(1);
  const [seen] = instances;
  if (seen?.host === undefined) throw new Error("the operator is told of the host");
  const { host } = seen;
  const outer = readFileSync(`/proc/${host.pid}/status`, "utf8");
  const [outside, own] = [namespaces(host.pid), namespaces("self")];

  expect(seen.pid).toBe(inner.pid);
  expect(seen).toMatchObject({
    state: "idle",
    served: 1,
    version: answer.headers.get("x-fn-version"),
    start: answer.headers.get("x-fn-start"),
  });
  expect(field(outer, "NSpid").split(/\s+/)).toEqual([String(host.pid), ...field(outer, "NSpid").split(/\s+/).slice(1)]);
  expect(Object.fromEntries(seen.namespaces.map(({ kind, id }) => [kind, id]))).toEqual(outside);
  for (const { kind, id, host: hosts, shared } of seen.namespaces) {
    expect(hosts).toBe(own[kind]);
    expect([shared, id === own[kind]]).toEqual([false, false]);
  }
  expect(field(outer, "Uid")).toContain(String(host.uid));
  expect(seen.uid).toBe(Number(field(inner.status, "Uid").split(/\s+/)[0]));
  const none = "0".repeat(16);
  expect(seen.capabilities).toEqual({ inheritable: none, permitted: none, effective: none, bounding: none, ambient: none });
  expect(seen).toMatchObject({ noNewPrivileges: true, seccomp: { mode: "filter", filters: Number(field(outer, "Seccomp_filters")) } });
  expect(seen.limits).toMatchObject({ memoryBytes: { limit: 96 * 1024 * 1024 }, cpu: { limitCores: 0.5 }, pids: { limit: 32 } });
  expect(seen.limits.memoryBytes.used).toBeGreaterThan(0);
  expect(seen.limits.cpu.usedMs).toBeGreaterThan(0);
  expect(seen.network.addresses).toContain("127.0.0.1");
  expect(host.cgroups.length).toBeGreaterThan(0);
  const limiting = host.cgroups.filter(({ path }) => path.endsWith(`/sb-${seen.sandbox}`));
  expect(limiting.length).toBeGreaterThan(0);
  for (const { path } of limiting) expect(readFileSync(join(path, "cgroup.procs"), "utf8").split("\n")).toContain(String(host.pid));
});

test("who is not the operator gets the inner view alone", async () => {
  const made = await platform.fn(["keys", "create", "--name", "reader", "--scopes", "read", "--json"], { cwd: CHECKOUT });
  const { key } = z.object({ key: z.string() }).parse(JSON.parse(made.stdout));
  const answer = await fetch(`${platform.url}/api/functions/seen/instances`, { headers: { authorization: `Bearer ${key}` } });
  const { instances } = Inspection.parse(await answer.json());
  expect(instances).toHaveLength(1);
  expect(instances[0]?.host).toBeUndefined();
  expect(JSON.stringify(instances)).not.toContain("sys/fs/cgroup");
});

test("for people it is a tree; a function without an instance says so, one that is not there is not found", async () => {
  const { stdout } = await platform.fn(["inspect", "seen"], { cwd: CHECKOUT });
  for (const label of ["pid", "uid map", "ns user", "capabilities", "seccomp", "memory", "layer", "network"])
    expect(stdout).toMatch(new RegExp(`^[├└]─ ${label} `, "m"));
  expect((await platform.fn(["inspect", "nowhere"], { cwd: CHECKOUT })).code).toBe(4);
});

test("fn describe tells of limits, start-up, and whether a template is possible", async () => {
  const { stdout } = await platform.fn(["describe", "seen"], { cwd: CHECKOUT });
  expect(stdout).toMatch(/^ {2}memoryMb +96$/m);
  expect(stdout).toMatch(/^ {2}aliases +live → [0-9a-f]{12}$/m);
  const { code, stdout: json } = await platform.fn(["describe", "seen", "--json"], { cwd: CHECKOUT });
  expect(code).toBe(0);
  expect(FunctionDetail.parse(JSON.parse(json)).live.limits.cpu).toBe(0.5);
});

test.each([
  ["a timer", `setInterval(() => undefined, 60_000);`, "a timer is running"],
  ["a server", `createServer().listen(0, "127.0.0.1");`, "a TCP socket or server is open"],
])("a module that has %s open after its load works, has no template, and fn describe says why", async (_, code, reason) => {
  const file = project.write(
    "opens.ts",
    `import { createServer } from "node:net"; void createServer; ${code} export default () => new Response("it works");`,
  );
  await platform.deploy(file);
  const answer = await fetch(platform.at("opens"));
  expect(await answer.text()).toBe("it works");
  expect(answer.headers.get("x-fn-start")).toMatch(/^(pool|cold)$/);
  const { stdout } = await platform.fn(["describe", "opens"], { cwd: CHECKOUT });
  expect(stdout).toMatch(new RegExp(`^ {2}template +no: .*${reason}`, "m"));
});

test("what a module draws at load is one for all instances, fn describe says so, and afterFork renews it", async () => {
  const config = `export const config = { reuse: "never" };`;
  const shared = `${config} const id = crypto.randomUUID(); export default () => new Response(id);`;
  const renewed = `${config} let id = crypto.randomUUID(); export const afterFork = () => { id = crypto.randomUUID(); }; export default () => new Response(id);`;
  await platform.deployAll([project.write("shared.ts", shared), project.write("renewed.ts", renewed)]);
  const idsOf = async (name: string): Promise<number> => {
    const ids = new Set<string>();
    for (let start = 0; start < 4; start++) {
      const answer = await fetch(platform.at(name));
      expect(answer.headers.get("x-fn-start")).toBe("template");
      ids.add(await answer.text());
    }
    return ids.size;
  };
  expect([await idsOf("shared"), await idsOf("renewed")]).toEqual([1, 4]);
  expect((await platform.fn(["describe", "shared"], { cwd: CHECKOUT })).stdout).toMatch(/^ {2}template +yes; .*afterFork/m);
});

test("fn top measures an interval, and /metrics has the counters", async () => {
  const asking = platform.fn(["top", "--once", "--json", "--interval", "1s"], { cwd: CHECKOUT });
  const ended = asking.then(() => true);
  let calls = 0;
  while (!(await Promise.race([ended, fetch(`${platform.url}/fn/seen`).then((answer) => answer.text().then(() => false))]))) calls++;
  const { functions } = z
    .object({ functions: z.array(z.object({ function: z.string(), cpuPercent: z.number(), invocationsPerSecond: z.number() })) })
    .parse(JSON.parse((await asking).stdout));
  expect(calls).toBeGreaterThan(0);
  expect(functions).toContainEqual(expect.objectContaining({ function: "seen" }));
  expect(functions.find((one) => one.function === "seen")?.invocationsPerSecond).toBeGreaterThan(0);
  const metrics = await (await fetch(`${platform.url}/metrics`)).text();
  expect(metrics).toMatch(/^fn_instance_cpu_seconds_total\{function="seen"\} 0*[1-9.]/m);
  expect(metrics).toMatch(/^fn_instances\{function="seen"\} 1$/m);
});
