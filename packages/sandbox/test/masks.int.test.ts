import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LIMITS, openTestHost, startInstance, type TestHost } from "./open-host.ts";

const BUILD = readFileSync(join(import.meta.dirname, "../../../native/src/jail/build.cc"), "utf8");
const listed = (name: string): string[] => {
  const list = new RegExp(`${name}\\[\\] = \\{([^}]*)\\}`).exec(BUILD)?.[1] ?? "";
  return Array.from(list.matchAll(/"([^"]+)"/g), ([, entry = ""]) => entry);
};
const MASKED = listed("kMaskedFiles");
const READ_ONLY = listed("kReadOnlyDirs");

/** What a program gets of a path: bytes, entries, or the error's code. Nothing is read that waits. */
const LOOK = `const look = (path) => { try { const { statSync, readdirSync, openSync, readSync, constants } = require("node:fs");
  if (statSync(path).isDirectory()) return readdirSync(path).length;
  return readSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), Buffer.alloc(64)); } catch (e) { return e.code; } };`;
const PROGRAM = `${LOOK}
  const { readFileSync, writeFileSync, readdirSync } = require("node:fs");
  const write = (path) => { try { writeFileSync(path, "1"); return "written"; } catch (e) { return e.code; } };
  const fileIn = (path) => { const found = readdirSync(path, { withFileTypes: true, recursive: true }).find((entry) => entry.isFile()); return found && found.parentPath + "/" + found.name; };
  module.exports = { fetch: (request) => Response.json({
    masked: Object.fromEntries(${JSON.stringify(MASKED)}.map((name) => [name, look("/proc/" + name)])),
    readOnly: Object.fromEntries(${JSON.stringify(READ_ONLY)}.map((name) => { try { const file = fileIn("/proc/" + name); return [name, file ? write(file) : "ENOENT"]; } catch (e) { return [name, e.code]; } })),
    mountinfo: readFileSync("/proc/self/mountinfo", "utf8"),
  }) };`;

interface Report {
  masked: Record<string, unknown>;
  readOnly: Record<string, unknown>;
  mountinfo: string;
}

let test: TestHost;
let reports: Record<string, Report>;
let layer: string;
beforeAll(async () => {
  test = openTestHost();
  await test.host.startZygote("node24");
  layer = test.layer(PROGRAM);
  const ask = async (pool: boolean): Promise<Report> => {
    const sandbox = await test.host.create({ runtime: "node24", limits: LIMITS, hostname: "masks", ...(pool ? {} : { layer }) });
    const instance = await startInstance(sandbox);
    if (pool) await sandbox.assign({ layer, limits: LIMITS });
    await instance.load();
    return JSON.parse(await instance.call()) as Report;
  };
  reports = { cold: await ask(false), pool: await ask(true) };
}, 30_000);
afterAll(() => test.close());

it("each masked path of /proc gives nothing", () => {
  expect(MASKED.length).toBeGreaterThan(15);
  for (const { masked } of Object.values(reports))
    for (const name of MASKED) expect([0, "ENOENT", "EACCES", "ENXIO"], `/proc/${name}`).toContain(masked[name]);
});

it("without a mask there is something to be read: so it is the mask that hides it", () => {
  const open = MASKED.filter((name) => {
    const path = `/proc/${name}`;
    if (!existsSync(path) || ["kmsg", "kcore", "sysrq-trigger"].includes(name)) return false;
    return lstatSync(path).isDirectory() ? readdirSync(path).length > 0 : readFileSync(path).length > 0;
  });
  // Those are whole tables of the host's: what is mounted in a sandbox without the step is the same.
  expect(open).toEqual(expect.arrayContaining(["interrupts", "kallsyms"]));
});

it("nothing is written to what is read-only", () => {
  for (const { readOnly } of Object.values(reports))
    for (const name of READ_ONLY) expect(["EROFS", "EACCES", "EPERM", "ENOENT"], `/proc/${name}`).toContain(readOnly[name]);
});

it("the table of mounts names no directory of the host, of the pool's layer neither", () => {
  const home = layer.split("/").slice(0, 3).join("/");
  for (const { mountinfo } of Object.values(reports)) {
    expect(mountinfo).not.toContain(home);
    const roots = mountinfo
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[3] ?? "");
    for (const root of roots) expect(root).toMatch(/^\/(tmp|empty|null|bus|fs|irq|sys)?$/);
  }
  expect(reports["pool"]?.mountinfo).toMatch(/ \/ \/app ro,nosuid,nodev\S* - overlay overlay ro,lowerdir=\/layers\/\w+\/app:\/empty/);
});

it("where a directory is bound, its path on the host shows: the launcher's own table has it", () => {
  const { launcherPid } = test.host as unknown as { launcherPid: number };
  expect(readFileSync(`/proc/${launcherPid}/mountinfo`, "utf8")).toContain(layer.split("/").slice(0, 3).join("/").replace("/tmp", ""));
});
