import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { homePaths } from "@zygo/contracts";
import { createStore, type Store } from "@zygo/store";
import { RedisServer } from "@zygo/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually, record, SECRET, sha } from "./platform.ts";
import { ScriptedWorker, type Served } from "./scripted-worker.ts";

let home: string;
let redis: RedisServer;
let store: Store;
let base: string;
const children: ChildProcess[] = [];
const workers: ScriptedWorker[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "zygo-gwp-"));
  await mkdir(homePaths(home).run, { recursive: true });
  await writeFile(homePaths(home).linkSecret, `${SECRET}\n`);
  await writeFile(homePaths(home).secretsKey, "ab".repeat(32));
  redis = await RedisServer.start({ durable: true });
  store = createStore({ url: redis.url });
  await eventually(() => store.ping());
  await store.putVersion(record("echo", sha("a")));
  await store.moveAlias({ name: "echo", alias: "live", version: sha("a") });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  store.close();
  await redis.end();
  await rm(home, { recursive: true, force: true });
});

/** The service as the supervisor starts it. */
function spawnGateway(extra: Record<string, string> = {}): ChildProcess {
  const env = { ...process.env, FN_HOME: home, FN_PORT: "0", REDIS_URL: redis.url, ...extra };
  const child = fork(new URL("../src/main.ts", import.meta.url), { env, stdio: ["ignore", "pipe", "pipe", "ipc"], execArgv: [] });
  children.push(child);
  return child;
}

async function start(): Promise<ChildProcess> {
  const child = spawnGateway();
  const said = once(child, "message");
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg === "listening") base = url;
    if (msg === "listening") break;
  }
  expect(await said).toEqual([{ ready: true }, undefined]);
  child.stdout?.resume();
  return child;
}

function worker(script: (served: Served) => void): void {
  workers.push(new ScriptedWorker({ redisUrl: redis.url, hello: { secret: SECRET }, script }).start());
}

const url = (path: string): string => base + path;
const exit = async (child: ChildProcess): Promise<unknown[]> => await once(child, "exit", { signal: AbortSignal.timeout(10_000) });

test("SIGTERM: nothing new is taken, what is in flight is answered whole, exit 0", async () => {
  const child = await start();
  expect((await stat(homePaths(home).gatewaySocket)).mode & 0o777).toBe(0o600);
  let finish = (): void => {};
  worker((served) => {
    served.claim();
    served.respond(200, [], "first ", false);
    finish = () => served.write("last", true);
  });
  const answer = await fetch(url("/fn/echo"));
  child.kill("SIGTERM");
  await eventually(async () =>
    expect(
      await fetch(url("/healthz")).then(
        () => "taken",
        () => "refused",
      ),
    ).toBe("refused"),
  );
  expect(child.exitCode).toBeNull();
  finish();
  expect(await answer.text()).toBe("first last");
  expect(await exit(child)).toEqual([0, null]);
});

test("a second SIGTERM ends it at once", async () => {
  const child = await start();
  worker((served) => {
    served.claim();
    served.respond(200, [], "endless", false);
  });
  await fetch(url("/fn/echo"));
  child.kill("SIGTERM");
  await sleep(200);
  expect(child.exitCode).toBeNull();
  child.kill("SIGTERM");
  expect((await exit(child))[0]).toBe(1);
});

test("the end of the IPC channel ends it", async () => {
  const child = await start();
  child.disconnect();
  expect(await exit(child)).toEqual([0, null]);
});

test("nobody reads its log: requests are answered all the same, and it still ends", async () => {
  const child = await start();
  child.stdout?.pause();
  worker((served) => {
    served.claim();
    served.respond(200, [], "ok");
  });
  // Far more lines than a pipe and the buffers on both sides hold.
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(url("/fn/echo"))));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await Promise.all(answers.map((answer) => answer.text()));
  }
  child.stdout?.resume();
  child.kill("SIGTERM");
  expect(await exit(child)).toEqual([0, null]);
});

test("a new process at the same path takes the place of a killed one", async () => {
  const first = await start();
  first.kill("SIGKILL");
  await exit(first);
  await start();
  worker((served) => {
    served.claim();
    served.respond(200, [], "again");
  });
  expect(await (await fetch(url("/fn/echo"))).text()).toBe("again");
});

test.each([
  ["an unknown FN_ key", { FN_TYPO: "1" }],
  ["a port that is none", { FN_PORT: "http" }],
  ["a REDIS_URL that is none", { REDIS_URL: "http://x" }],
])("%s: it does not start, and says which", async (_, env: Record<string, string>) => {
  const child = spawnGateway(env);
  const [complaint, [code]] = await Promise.all([text(child.stderr as Readable), exit(child)]);
  expect(code).toBe(1);
  expect(complaint).toContain(Object.keys(env)[0]);
});
