/** Two launchers of one machine, of whatever installation, never give a sandbox the same uids of the host. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupsNamed, waitFor } from "@zygo/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { freezeTemplate, LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const FIRST_ID = 0x70000000;
const IDS_PER_SLICE = 0x4000000;
const SLICES = 35;
const runtime = "node24";

const open: TestHost[] = [];
const holders: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()));
  for (const holder of holders.splice(0)) holder.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function openHost(idsDir?: string): TestHost {
  const host = openTestHost(idsDir === undefined ? {} : { idsDir });
  open.push(host);
  return host;
}

function idsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "zygo-ids-"));
  folders.push(folder);
  return folder;
}

/** The range of the user namespace that a process is in. */
function rangeOf(pid: number): { first: number; end: number } {
  const [, first = 0, count = 0] = readFileSync(`/proc/${pid}/uid_map`, "utf8").trim().split(/\s+/).map(Number);
  return { first, end: first + count };
}

const sliceOf = ({ first }: { first: number }): number => Math.floor((first - FIRST_ID) / IDS_PER_SLICE);
const create = (host: TestHost) => host.host.create({ runtime, limits: LIMITS, hostname: "one" });

/** Locks slices as a launcher does, until it is killed. */
async function hold(folder: string, slices: readonly number[]): Promise<void> {
  const files = slices.map((slice, at) => `exec ${at + 10}>${join(folder, String(slice))}; flock -n ${at + 10} || exit 1;`);
  const holder = spawn("bash", ["-c", `${files.join(" ")} echo held; exec sleep 1000`], { stdio: ["ignore", "pipe", "inherit"] });
  holders.push(holder);
  await once(holder.stdout, "data");
}

describe("two launchers", () => {
  it("have slices of their own, in which each sandbox and each domain has a range of its own", async () => {
    const hosts = [openHost(), openHost()];
    const ranges: { first: number; end: number }[] = [];
    for (const host of hosts) {
      await host.host.startZygote(runtime);
      const layer = host.layer("module.exports = { fetch: () => new Response('one') };");
      const template = await freezeTemplate(host, { runtime, limits: LIMITS, hostname: "template", layer });
      const sandboxes = await Promise.all([create(host), create(host)]);
      ranges.push(...[template.process.pid, ...sandboxes.map(({ initPid }) => initPid)].map(rangeOf));
    }
    const sorted = ranges.toSorted((one, other) => one.first - other.first);
    for (const [at, range] of sorted.slice(1).entries()) expect(range.first).toBeGreaterThanOrEqual(sorted[at]!.end);
    expect(new Set(ranges.slice(0, 3).map(sliceOf)).size).toBe(1);
    expect(sliceOf(ranges[3]!)).not.toBe(sliceOf(ranges[0]!));
  });

  it("do so when they cannot see each other's locks, but their processes", async () => {
    const folder = idsFolder();
    const name = { name: `same-${process.pid}` };
    const one = openTestHost({ ...name, idsDir: folder });
    open.push(one);
    const first = sliceOf(rangeOf((await create(one)).initPid));
    const other = openTestHost({ name: `${name.name}-other`, idsDir: idsFolder() });
    open.push(other);
    expect(sliceOf(rangeOf((await create(other)).initPid))).not.toBe(first);
  });
});

describe("a slice", () => {
  it("is free again when its launcher was killed", async () => {
    const folder = idsFolder();
    await hold(
      folder,
      Array.from({ length: SLICES }, (_, slice) => slice).filter((slice) => slice !== 7),
    );
    const first = openHost(folder);
    expect(sliceOf(rangeOf((await create(first)).initPid))).toBe(7);
    process.kill(first.host.launcherPid!, "SIGKILL");
    await first.host.lost;
    await waitFor("another takes it", async () => {
      const next = openHost(folder);
      const sandbox = await create(next).catch(() => undefined);
      return sandbox !== undefined && sliceOf(rangeOf(sandbox.initPid)) === 7;
    });
    const successor = openTestHost({ name: first.name }); // clears away what the killed one left
    open.push(successor);
    await create(successor);
  });

  it("is asked for in vain when all are taken: the launcher says so, and makes nothing", async () => {
    const folder = idsFolder();
    await hold(
      folder,
      Array.from({ length: SLICES }, (_, slice) => slice),
    );
    const host = openHost(folder);
    expect(await host.host.lost).toContain("all 35 ranges of user ids of this host are taken");
    expect(cgroupsNamed(host.name)).toEqual([]);
  });
});

it("the function has a name in /etc/passwd, whichever way it started", async () => {
  const host = openHost();
  await host.host.startZygote(runtime);
  const code = `const os = require("node:os"), fs = require("node:fs");
    module.exports = { fetch: () => Response.json([os.userInfo().username, os.userInfo().homedir, os.userInfo().uid === process.getuid(),
      fs.readFileSync("/etc/group", "utf8").includes("fn:x:" + process.getgid() + ":")]) };`;
  const layer = host.layer(code);
  const template = await freezeTemplate(host, { runtime, limits: LIMITS, hostname: "template", layer });
  const nested = await startInstance(await template.createSandbox({ limits: LIMITS, hostname: "one" }));
  const pooled = await create(host);
  await pooled.assign({ layer, limits: LIMITS });
  const own = await startInstance(pooled);
  await own.load();
  for (const instance of [nested, own]) expect(JSON.parse(await instance.call())).toEqual(["fn", "/tmp", true, true]);
});
