import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FrameType } from "@zygo/contracts/frames";
import type { Sandbox, SandboxVolume } from "../src/ports.ts";
import { LIMITS, openTestHost, startInstance, TestInstance, type TestHost } from "./open-host.ts";

const MIB = 2 ** 20;

/** Runs what the path of a request says, as JavaScript. */
const CODE = `const fs = require("node:fs");
module.exports = { fetch: (request) => {
  const code = decodeURIComponent(new URL(request.url).pathname.slice(1));
  try { return new Response(String(eval(code))); } catch (error) { return new Response(error.code ?? String(error)); }
} };`;

let directory: string;
let host: TestHost;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "zygo-volumes-"));
  for (const tenant of ["acme", "other"]) mkdirSync(join(directory, tenant));
  host = openTestHost({ volumesDir: directory });
});
afterEach(async () => {
  await host.close();
  expect(attached()).toEqual([]);
  rmSync(directory, { recursive: true, force: true });
});

function makeImage(image: string, bytes = 16 * MIB): void {
  const file = join(directory, image);
  execFileSync("truncate", ["-s", String(bytes), file]);
  execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", "-E", "root_owner=1000:1000", file]);
}

/** Loop devices on an image of this test. Waits for the kernel, which clears the last one in its own time. */
function attached(): string[] {
  const inodes = readdirSync(directory, { recursive: true, encoding: "utf8" }).map((file) => statSync(join(directory, file)).ino);
  const list = (): string[] =>
    execFileSync("losetup", ["-l", "-n", "-O", "BACK-INO,NAME"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => inodes.includes(Number(line.trim().split(/\s+/)[0])));
  for (let left = 200; left > 0 && list().length > 0; left--) execFileSync("sleep", ["0.02"]);
  return list();
}

const at = (image: string, path: string, readOnly = false): SandboxVolume => ({ image: `${image}.img`, path, readOnly });

interface Member {
  sandbox: Sandbox;
  run(code: string): Promise<string>;
}

async function cold(volumes: readonly SandboxVolume[], tmpBytes = LIMITS.tmpBytes): Promise<Member> {
  const spec = { runtime: "node24", layer: host.layer(CODE), limits: { ...LIMITS, tmpBytes }, hostname: "test", volumes } as const;
  const { sandbox, process } = await host.host.createForked(spec);
  return loaded(sandbox, new TestInstance(process));
}

async function pooled(volumes: readonly SandboxVolume[]): Promise<Member> {
  const sandbox = await host.host.create({ runtime: "node24", limits: LIMITS, hostname: "test" });
  const instance = await startInstance(sandbox);
  await sandbox.assign({ layer: host.layer(CODE), limits: LIMITS, volumes });
  return loaded(sandbox, instance, false);
}

async function loaded(sandbox: Sandbox, instance: TestInstance, greet = true): Promise<Member> {
  if (greet) await instance.next(FrameType.hello);
  expect(await instance.load()).toMatchObject({ ok: true });
  return { sandbox, run: (code) => instance.call(`/${encodeURIComponent(code)}`) };
}

describe("a volume", () => {
  beforeEach(async () => {
    makeImage("acme/data.img");
    await host.host.startZygote("node24");
  });

  test("is seen by all who have it at once, however they started, and stays when they are gone", async () => {
    const [one, two] = [await cold([at("acme/data", "/data")]), await pooled([at("acme/data", "/srv/deep/data")])];
    expect(await one.run(`fs.writeFileSync("/data/note", "hello")`)).toBe("undefined");
    expect(await two.run(`fs.readFileSync("/srv/deep/data/note", "utf8")`)).toBe("hello");
    expect(await two.run(`const { uid, gid } = fs.statSync("/srv/deep/data/note"); [uid, gid, process.getuid()]`)).toBe("1000,1000,1000");
    await Promise.all([one.sandbox.destroy(), two.sandbox.destroy()]);
    expect(attached()).toEqual([]);
    const three = await cold([at("acme/data", "/data")]);
    expect(await three.run(`fs.readFileSync("/data/note", "utf8")`)).toBe("hello");
  });

  test("is mounted without a right: no setuid, no device, no program", async () => {
    const { run } = await cold([at("acme/data", "/data")]);
    expect(await run(`fs.readFileSync("/proc/self/mountinfo", "utf8").split("\\n").find((line) => line.includes(" /data "))`)).toMatch(
      / \/data rw,nosuid,nodev,noexec/,
    );
    expect(await run(`fs.writeFileSync("/data/run", "#!/bin/sh"); fs.chmodSync("/data/run", 0o755)`)).toBe("undefined");
    expect(await run(`fs.chmodSync("/data/run", 0o4755)`)).toBe("EPERM");
    expect(await run(`require("node:child_process").spawnSync("/data/run").error.code`)).toBe("EACCES");
    expect(await run(`fs.symlinkSync("/etc/hostname", "/data/link"); fs.readFileSync("/data/link", "utf8").trim()`)).toBe("test");
    expect(await run(`fs.readdirSync("/data/../..").includes("layers")`)).toBe("false");
    expect(await run(`fs.writeFileSync("/new", "")`)).toBe("EROFS");
  });

  test("that is read-only refuses writes, beside one who may", async () => {
    const [writer, reader] = [await cold([at("acme/data", "/data")]), await cold([at("acme/data", "/data", true)])];
    expect(await reader.run(`fs.writeFileSync("/data/x", "")`)).toBe("EROFS");
    expect(await writer.run(`fs.writeFileSync("/data/x", "1")`)).toBe("undefined");
    expect(await reader.run(`fs.readFileSync("/data/x", "utf8")`)).toBe("1");
  });

  test("holds what its size is and no more; another tenant's of the same name is another, with all its room", async () => {
    makeImage("other/data.img");
    const [full, neighbour] = [await cold([at("acme/data", "/data")]), await cold([at("other/data", "/data")])];
    expect(await full.run(`for (;;) fs.appendFileSync("/data/big", Buffer.alloc(2 ** 20))`)).toBe("ENOSPC");
    expect(Number(await full.run(`fs.statSync("/data/big").size`))).toBeLessThan(16 * MIB);
    expect(await neighbour.run(`fs.readdirSync("/data").includes("big")`)).toBe("false");
    expect(await neighbour.run(`fs.writeFileSync("/data/own", Buffer.alloc(8 * 2 ** 20))`)).toBe("undefined");
  });

  test.each([["../acme/data.img"], ["acme/../other/data.img"], ["/etc/passwd"], ["acme/none.img"]])("%s is refused", async (image) => {
    const spec = { runtime: "node24", layer: host.layer(CODE), limits: LIMITS, hostname: "test" } as const;
    await expect(host.host.createForked({ ...spec, volumes: [{ image, path: "/data", readOnly: false }] })).rejects.toThrow();
  });

  test("cannot be mounted over a link of the base, nor by a path that is none", async () => {
    const spec = { runtime: "node24", layer: host.layer(CODE), limits: LIMITS, hostname: "test" } as const;
    for (const path of ["/data/../etc", "data", "/proc/self/cwd/x", "/dev/stdin/x"])
      await expect(host.host.createForked({ ...spec, volumes: [at("acme/data", path)] }), path).rejects.toThrow();
  });

  test("is let go by a launcher that is killed", async () => {
    await cold([at("acme/data", "/data")]);
    const lost = host.host.lost;
    process.kill(host.host.launcherPid ?? 0, "SIGKILL");
    await lost;
    expect(attached()).toEqual([]);
  });
});
