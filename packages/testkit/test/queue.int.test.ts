import { example, startPlatform, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deployAll([example("hello"), example("echo")]);
  await fetch(platform.at("hello"));
});
afterAll(() => platform?.stop());

const redis = (): number => platform.pids().redis as number;

const recovered = (): Promise<boolean> => waitFor("an answer", async () => (await fetch(platform.at("hello"))).ok);

test("while Redis hangs, calls are told QUEUE_UNAVAILABLE within a second, and it recovers by itself", async () => {
  process.kill(redis(), "SIGSTOP");
  try {
    const at = performance.now();
    const answer = await fetch(platform.at("hello"));
    const tookMs = performance.now() - at;
    await expectProblem(answer, "QUEUE_UNAVAILABLE");
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(tookMs).toBeLessThan(1_500);
  } finally {
    process.kill(redis(), "SIGCONT");
  }
  await recovered();
});

test("after Redis was killed, calls are told so at once until it is back", async () => {
  const { redis: before, gateway, worker } = platform.pids();
  process.kill(before as number, "SIGKILL");
  const codes = new Set<string>();
  const slow: number[] = [];
  await waitFor("an answer", async () => {
    const at = performance.now();
    const answer = await fetch(platform.at("hello"), { signal: AbortSignal.timeout(5_000) });
    slow.push(performance.now() - at);
    if (answer.ok) return true;
    codes.add(((await answer.json()) as { code: string }).code);
    return false;
  });
  expect([...codes].filter((code) => code !== "QUEUE_UNAVAILABLE")).toEqual([]);
  expect(Math.max(...slow)).toBeLessThan(1_500);
  expect(platform.pids()).toMatchObject({ gateway, worker });
  expect(redis()).not.toBe(before);
});

test("the functions are still there, those too that nobody had called", async () => {
  await recovered();
  expect((await platform.client.list()).map(({ name }) => name)).toEqual(["echo", "hello"]);
  expect(await (await fetch(platform.at("echo"), { method: "POST", body: "still here" })).text()).toBe("still here");
});

test("deploys work again", async () => {
  expect(await platform.deploy(example("hostile/throws"))).toMatchObject({ changed: true });
});

test("readiness tells of it", async () => {
  expect((await fetch(`${platform.url}/readyz`)).status).toBe(200);
  process.kill(redis(), "SIGKILL");
  await waitFor("not ready", async () => (await fetch(`${platform.url}/readyz`)).status === 503, 2_000);
  expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
  await waitFor("ready", async () => (await fetch(`${platform.url}/readyz`)).status === 200);
});
