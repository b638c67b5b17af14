import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, processesNaming } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { events, isReady, npmStart, until, type Supervisor } from "./supervisor.ts";

let home: string;
let npm: Supervisor;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "fn-npm-start-"));
  npm = npmStart(home, await freePort());
  await until(npm, isReady(npm));
});

afterEach(() => {
  for (const { pid } of processesNaming(home)) process.kill(pid, "SIGKILL");
  rmSync(home, { recursive: true });
});

const inOrder = ["gateway stopped", "worker stopped", "control stopped"];
const stopped = (): string[] => events(home).filter((line) => line.includes("stopped"));

test.each(["SIGTERM", "SIGINT"] as const)("%s to npm alone stops everything in order before npm ends", async (signal) => {
  npm.process.kill(signal);
  expect(await npm.ended).toBe(0);
  expect(stopped()).toEqual(inOrder);
  expect(processesNaming(home)).toEqual([]);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s to the whole process group stops everything in order, once", async (signal) => {
  process.kill(-(npm.process.pid ?? 0), signal);
  expect(await npm.ended).toBe(0);
  expect(stopped()).toEqual(inOrder);
  expect(npm.stderr().match(/stopping/g)).toHaveLength(1);
});

test.each(["npm", "group"])("kill -9 of %s stops everything in order", async (target) => {
  const pid = npm.process.pid ?? 0;
  process.kill(target === "npm" ? pid : -pid, "SIGKILL");
  await until(npm, () => processesNaming(home).length === 0);
  expect(stopped()).toEqual(inOrder);
});
