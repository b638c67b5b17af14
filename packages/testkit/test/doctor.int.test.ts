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
  for (const name of ["kernel", "namespaces", "capabilities", "cgroups", "overlay", "seccomp"])
    expect(stdout).toMatch(new RegExp(`✓ ${name} `));
});

test("fn doctor --json gives each check with what it means", async () => {
  const { stdout } = await platform.fn(["doctor", "--json"], { cwd: CHECKOUT });
  const { workers } = DoctorReport.parse(JSON.parse(stdout));
  expect(workers).toHaveLength(1);
  expect(workers[0]?.checks.filter(({ mandatory, ok }) => mandatory && !ok)).toEqual([]);
});

test("it is for the operator's key", async () => {
  const answer = await fetch(`${platform.url}/api/doctor`, { headers: { authorization: "Bearer fn_wrong" } });
  expect(answer.status).toBe(401);
});
