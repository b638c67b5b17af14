import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@zygo/contracts";
import {
  cgroupsNamed,
  descendants,
  example,
  processesNaming,
  startPlatform,
  survivors,
  waitFor,
  zygotePids,
  type Platform,
} from "@zygo/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

/** How soon the platform answers again after a part of it died: its restart waits 0.2 s, and a zygote takes about one to start. */
const RECOVERY_MS = 15_000;

let platform: Platform;
beforeEach(async () => {
  platform = await startPlatform({ env: { FN_POOL_SIZE: "2" } });
  await platform.deployAll([example("hello"), example("events")]);
  await fetch(platform.at("hello"));
});
afterEach(() => platform?.stop());

const answers = async (): Promise<boolean> => {
  const answer = await fetch(platform.at("hello"), { signal: AbortSignal.timeout(RECOVERY_MS) });
  return (await answer.text()) === "hello\n";
};

/** All processes of the sandboxes, their zygotes and their launcher. */
const belowWorker = () => descendants(platform.pids().worker as number).slice(1);

const allGone = (before: ReturnType<typeof belowWorker>): Promise<boolean> =>
  waitFor("their end", () => survivors(before).length === 0, 5_000);

describe("kill -9 of the worker", () => {
  test("ends every sandbox that it had, and the platform answers again by itself", async () => {
    const before = belowWorker();
    expect(before.length).toBeGreaterThan(8);
    process.kill(platform.pids().worker as number, "SIGKILL");
    await allGone(before);
    await waitFor("an answer", answers, RECOVERY_MS);
    expect((await platform.instances()).map((each) => each.function)).toEqual(["hello"]);
  });

  test("is told at once to who waits for an answer that has begun or not", async () => {
    await platform.deploy(join(import.meta.dirname, "fixtures/lifecycle.ts"));
    const streaming = await fetch(platform.at("events?n=1000&ms=50"));
    const waiting = fetch(platform.at("lifecycle/waits"));
    await waitFor("both to be served", async () => (await platform.instances()).filter(({ state }) => state === "busy").length === 2);
    process.kill(platform.pids().worker as number, "SIGKILL");
    await expect(streaming.text()).rejects.toThrow();
    await expectProblem(await waiting, "WORKER_LOST");
  });

  test("keeps nobody waiting who calls at that moment: an answer of the next worker, or WORKER_LOST", async () => {
    process.kill(platform.pids().worker as number, "SIGKILL");
    const calls = await Promise.all(
      Array.from({ length: 8 }, () => fetch(platform.at("hello"), { signal: AbortSignal.timeout(RECOVERY_MS) })),
    );
    const outcomes = await Promise.all(calls.map((answer) => answer.text()));
    expect(outcomes.filter((text) => text !== "hello\n" && !text.includes('"code":"WORKER_LOST"'))).toEqual([]);
  });

  test("leaves no control group of the old sandboxes once the new worker is up", async () => {
    const before = await platform.rest();
    process.kill(platform.pids().worker as number, "SIGKILL");
    await waitFor("another worker", async () => (await platform.instances().catch(() => null))?.length === 0, RECOVERY_MS);
    const after = await platform.rest();
    // The one instance and the two templates that there were are not made again: nobody called. Each was a process and its pid 1.
    expect([after.processes, after.networkNamespaces]).toEqual([before.processes - 6, before.networkNamespaces - 3]);
    expect(after.cgroups).toBeLessThan(before.cgroups);
  });
});

test("kill -9 of the launcher ends every sandbox, and the platform answers again by itself", async () => {
  const { launcher, gateway } = platform.pids();
  const before = belowWorker();
  process.kill(launcher as number, "SIGKILL");
  await allGone(before);
  await waitFor("an answer", answers, RECOVERY_MS);
  expect(platform.pids().gateway, "nothing else was touched").toBe(gateway);
});

test("kill -9 of a zygote: what runs goes on, and new instances are made by a new one", async () => {
  const [zygote = 0] = zygotePids(platform.home, "node24");
  const { worker } = platform.pids();
  process.kill(zygote, "SIGKILL");
  expect(await answers(), "the idle instance").toBe(true);
  await platform.deploy(example("hello"), "--name", "later");
  expect(await (await fetch(platform.at("later"))).text()).toBe("hello\n");
  expect(zygotePids(platform.home, "node24")).toHaveLength(2);
  expect(platform.pids().worker).toBe(worker);
});

test("kill -9 of the gateway: it is back by itself, and the worker serves it", async () => {
  process.kill(platform.pids().gateway as number, "SIGKILL");
  await waitFor("an answer", () => answers().catch(() => false), RECOVERY_MS);
});

test("kill -9 of control: functions go on, and deploys are possible again", async () => {
  process.kill(platform.pids().control as number, "SIGKILL");
  expect(await answers()).toBe(true);
  await waitFor("a deploy", async () => (await platform.fn(["deploy", example("hello"), "--name", "later"])).code === 0, RECOVERY_MS);
});

test("kill -9 of the supervisor leaves no process", async () => {
  const before = descendants(platform.supervisor.pid);
  process.kill(platform.supervisor.pid, "SIGKILL");
  await waitFor("their end", () => survivors(before).length === 0, RECOVERY_MS);
  expect(processesNaming(platform.home)).toEqual([]);
});

describe("SIGTERM", () => {
  test("leaves nothing: processes, cgroups, sockets", async () => {
    const before = descendants(platform.supervisor.pid);
    const { run } = homePaths(platform.home);
    expect(sockets(run)).not.toEqual([]);
    expect(await platform.supervisor.stop()).toBe(0);
    // A sandbox's pid 1 is ended by the kernel with its launcher, which takes a moment.
    await waitFor("their end", () => survivors(before).length === 0, 1_000);
    expect(cgroupsNamed(platform.cgroupName)).toEqual([]);
    expect(sockets(run)).toEqual([]);
  });

  test("lets an answer that has begun come to its end", async () => {
    const answer = await fetch(platform.at("events?n=10&ms=100"));
    const stopped = platform.supervisor.stop();
    expect((await answer.text()).match(/^id: \d+$/gm)).toHaveLength(10);
    expect(await stopped).toBe(0);
  });
});

const sockets = (directory: string): string[] =>
  existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".sock")) : [];
