import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ poolSize: 2 });
}, 30_000);
afterAll(() => platform.close(), 30_000);

const openFiles = (): number => readdirSync("/proc/self/fd").length;
const mounts = (): number => readFileSync("/proc/self/mounts", "utf8").trim().split("\n").length;
/** Processes of this platform: all below this one. */
const processes = (): number => {
  const parents = execFileSync("ps", ["-eo", "pid=,ppid=,stat="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const ours = new Set([String(process.pid)]);
  for (const [pid = "", parent = ""] of parents) if (ours.has(parent)) ours.add(pid);
  return ours.size;
};
const state = () => ({ files: openFiles(), mounts: mounts(), processes: processes() });

test("200 instances started and ended leave the worker as it was", { timeout: 120_000 }, async () => {
  const once = await platform.deploy("once", `exports.fetch = () => new Response("ok");`, {
    reuse: "never",
    maxInstances: 4,
    template: false,
  });
  for (let warm = 0; warm < 4; warm++) await platform.call(once);
  const calm = async () => {
    await expect.poll(() => platform.worker.dispatcher.rooms.pressure, { timeout: 5_000 }).toEqual({ waiting: 0, starting: 0 });
    await expect.poll(() => platform.worker.dispatcher.starter.pools.ready, { timeout: 10_000 }).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 300));
  };
  await calm();
  const before = state();
  const answers = await Promise.all(Array.from({ length: 200 }, () => platform.call(once, { deadlineMs: Date.now() + 60_000 })));
  expect(answers.filter(({ body }) => body !== "ok")).toEqual([]);
  await calm();
  await expect.poll(state, { timeout: 10_000 }).toEqual(before);
});

test("5,000 invocations over few instances, none lost, no error", { timeout: 120_000 }, async () => {
  const many = await platform.deploy("many", `exports.fetch = (request) => new Response(new URL(request.url).pathname);`, {
    maxInstances: 4,
  });
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < 5_000) {
      const path = `/${next++}`;
      const answer = await platform.call(many, { url: `http://t${path}` });
      expect(answer.failure).toBeUndefined();
      expect(answer.body).toBe(path);
    }
  };
  await Promise.all(Array.from({ length: 8 }, loop));
  expect(platform.worker.dispatcher.held).toBe(0);
  const lines = () => platform.lines.filter(({ msg, function: name }) => msg === "invocation" && name === "many").length;
  await expect.poll(lines).toBe(5_000);
});
