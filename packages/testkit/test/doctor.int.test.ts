import { spawnSync } from "node:child_process";
import { CHECKOUT, startPlatform, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DoctorReport } from "@zygo/contracts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.stop());

test("fn doctor tells what the worker's host has, a line a control", async () => {
  const { code, stdout } = await platform.fn(["doctor"], { cwd: CHECKOUT });
  expect(code).toBe(0);
  for (const name of ["kernel", "namespaces", "capabilities", "cgroups", "overlay", "seccomp", "network"])
    expect(stdout).toMatch(new RegExp(`✓ ${name} `));
});

test("fn doctor --json gives each check with what it means", async () => {
  const { stdout } = await platform.fn(["doctor", "--json"], { cwd: CHECKOUT });
  const { workers, silent } = DoctorReport.parse(JSON.parse(stdout));
  expect(workers).toHaveLength(1);
  expect(silent).toEqual([]);
  expect(workers[0]?.checks.filter(({ mandatory, ok }) => mandatory && !ok)).toEqual([]);
});

test("it is for the operator's key", async () => {
  const answer = await fetch(`${platform.url}/api/doctor`, { headers: { authorization: "Bearer fn_wrong" } });
  expect(answer.status).toBe(401);
});

test("npm run doctor, without the right to make networks, says so and ends with 1; with it, with 0", () => {
  const doctor = ["services/worker/src/doctor.ts"];
  const run = (prefix: string[]) => {
    const [program = "", ...rest] = [...prefix, process.execPath, ...doctor];
    return spawnSync(program, rest, { cwd: CHECKOUT, encoding: "utf8", timeout: 30_000 });
  };
  const able = run([]);
  expect(able.stdout).toMatch(/✓ network /);
  expect(able.status).toBe(0);
  const unable = run(["setpriv", "--bounding-set=-net_admin"]);
  expect(unable.stdout).toMatch(/✗ network +.*not permitted/);
  expect(unable.status).toBe(1);
});
