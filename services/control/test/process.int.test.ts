import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { homePaths } from "@zygo/contracts";
import { createStore } from "@zygo/store";
import { RedisServer } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAX_UPLOAD_BYTES } from "../src/upload.ts";
import { loads, ScriptedWorker } from "./scripted-worker.ts";

let redis: RedisServer;
let home: string;
let child: ChildProcess | undefined;
let output = "";

beforeEach(async () => {
  redis = await RedisServer.start({ durable: true });
  home = await mkdtemp(join(tmpdir(), "zygo-home-"));
  for (const path of [homePaths(home).linkSecret, homePaths(home).secretsKey]) await writeFile(path, "ab".repeat(32));
  output = "";
});
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await redis.end();
  await rm(home, { recursive: true, force: true });
});

function start(extra: Record<string, string> = {}): ChildProcess {
  const env = { PATH: process.env["PATH"], FN_HOME: home, FN_PORT: "9999", REDIS_URL: redis.url, ...extra };
  child = spawn(process.execPath, [join(import.meta.dirname, "../src/main.ts")], { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return child;
}

async function ready(started: ChildProcess): Promise<void> {
  const [message] = (await once(started, "message")) as [unknown];
  expect(message).toEqual({ ready: true });
}

interface Answer {
  status: number | undefined;
  body: string;
}
/** A call over the real socket. Resolves when the whole answer is there; rejects when the connection breaks. */
function call(method: string, path: string, body?: { type: string; bytes: Buffer }, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: "Bearer key",
      ...(body === undefined ? {} : { "content-type": body.type, "content-length": body.bytes.length }),
    };
    const outgoing = request(
      { socketPath: homePaths(home).controlSocket, method, path, headers, agent: false, ...(signal === undefined ? {} : { signal }) },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode, body: text })).on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body?.bytes);
  });
}

async function upload(text: string): Promise<{ type: string; bytes: Buffer }> {
  const form = new FormData();
  form.set("meta", JSON.stringify({ format: "cjs", entry: "a.ts" }));
  form.set("bundle", new Blob([text]), "main.cjs");
  const encoded = new Response(form);
  return { type: encoded.headers.get("content-type") ?? "", bytes: Buffer.from(await encoded.arrayBuffer()) };
}

const ADMIN = { FN_ADMIN_KEY_HASH: createHash("sha256").update("key").digest("hex") };

test("serves on its socket, its owner's alone, even where a dead process left one; drains on SIGTERM", async () => {
  const { run, controlSocket } = homePaths(home);
  const worker = await ScriptedWorker.listen(home);
  const store = createStore({ url: redis.url });
  await store.announceWorker("w1", worker.address);
  const { mkdir } = await import("node:fs/promises");
  await mkdir(run, { recursive: true });
  await writeFile(controlSocket, "left behind");
  const started = start(ADMIN);
  await ready(started);
  expect((await stat(controlSocket)).mode & 0o777).toBe(0o600);
  expect((await call("GET", "/api/functions")).status).toBe(200);

  // A deploy under way ends well; a reader of logs is let go; then the process ends.
  const probing = Promise.withResolvers<void>();
  worker.script = async () => {
    probing.resolve();
    await sleep(300);
    return loads();
  };
  const deploying = call("POST", "/api/functions/hello/versions", await upload("1"));
  await probing.promise;
  started.kill("SIGTERM");
  expect(await deploying).toMatchObject({ status: 200, body: expect.stringContaining('"changed":true') as string });
  expect((await once(started, "exit"))[0]).toBe(0);
  expect((await store.find("hello"))?.aliases["live"]).toMatch(/^sha256:/);
  for (const line of output.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ service: "control", level: "info" });
  store.close();
  await worker.close();
});

test("SIGTERM lets go of whoever follows a log", async () => {
  const worker = await ScriptedWorker.listen(home);
  const store = createStore({ url: redis.url });
  await store.announceWorker("w1", worker.address);
  const started = start(ADMIN);
  await ready(started);
  await call("POST", "/api/functions/hello/versions", await upload("1"));
  const following = call("GET", "/api/functions/hello/logs?follow=1");
  await sleep(200);
  started.kill("SIGTERM");
  expect(await following).toEqual({ status: 200, body: "\n" });
  expect((await once(started, "exit"))[0]).toBe(0);
  store.close();
  await worker.close();
});

test("a caller who hangs up ends the probe of its deploy, and nothing changes", async () => {
  const worker = await ScriptedWorker.listen(home);
  const store = createStore({ url: redis.url });
  await store.announceWorker("w1", worker.address);
  await ready(start(ADMIN));
  const probing = Promise.withResolvers<void>();
  worker.script = () => {
    probing.resolve();
    return "hang";
  };
  const stop = new AbortController();
  const deploying = call("POST", "/api/functions/hello/versions", await upload("1"), stop.signal);
  await probing.promise;
  stop.abort();
  await expect(deploying).rejects.toThrow();
  await worker.hungUp;
  expect(await store.find("hello")).toBeNull();
  expect(await store.listVersions("hello")).toEqual([]);
  store.close();
  await worker.close();
});

test("ends when its IPC channel closes", async () => {
  const started = start(ADMIN);
  await ready(started);
  started.disconnect();
  expect((await once(started, "exit"))[0]).toBe(0);
});

test("ends, and says what to set, when the queue's Redis would forget what it accepted", async () => {
  const forgetful = await RedisServer.start();
  try {
    const [code] = (await once(start({ REDIS_URL: forgetful.url }), "close")) as [number | null];
    expect([code, output]).toEqual([1, expect.stringContaining("appendonly is no")]);
  } finally {
    await forgetful.end();
  }
});

test("starts without Redis and registers the admin's key once it is there", async () => {
  await redis.down();
  const started = start(ADMIN);
  await ready(started);
  expect((await call("GET", "/api/functions")).status).toBe(503);
  await redis.up();
  const store = createStore({ url: redis.url });
  await expect.poll(() => store.findKeyHash(ADMIN.FN_ADMIN_KEY_HASH).catch(() => null), { timeout: 5000 }).toMatchObject({ name: "admin" });
  store.close();
});

test("an oversized upload over the socket is answered 413", async () => {
  const started = start(ADMIN);
  await ready(started);
  const bytes = Buffer.alloc(MAX_UPLOAD_BYTES + 1);
  const answer = await call("POST", "/api/functions/hello/versions", { type: "multipart/form-data; boundary=b", bytes }).catch(
    (error: unknown) => error,
  );
  // A peer that stops reading may end the connection before a caller that does not listen has sent all.
  if (answer instanceof Error) expect(["EPIPE", "ECONNRESET"]).toContain((answer as NodeJS.ErrnoException).code);
  else expect(answer).toMatchObject({ status: 413 });
  expect((await call("GET", "/api/functions")).status).toBe(200);
});

test.each<Record<string, string>>([{ FN_TYPO: "1" }, { FN_ADMIN_KEY_HASH: "short" }, { FN_PORT: "x" }, { FN_LOG_LEVEL: "loud" }])(
  "refuses %j by name",
  async (extra) => {
    const started = start({ ...ADMIN, ...extra });
    expect((await once(started, "exit"))[0]).not.toBe(0);
    expect(output).toContain(Object.keys(extra)[0]);
    expect(existsSync(homePaths(home).controlSocket)).toBe(false);
  },
);
