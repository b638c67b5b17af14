import { DoctorReport, LogLine, shortVersion } from "@zygo/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startControl, uploadOf, type Control } from "./control.ts";

let control: Control;
beforeEach(async () => {
  control = await startControl();
});
afterEach(() => control.end());

test("lists functions and shows one with its versions, newest first", async () => {
  const first = await control.client.deploy(uploadOf("1"));
  const second = await control.client.deploy(uploadOf("2"));
  await control.client.deploy(uploadOf("x", { name: "alpha" }));
  expect((await control.client.list()).map((each) => [each.name, each.url])).toEqual([
    ["alpha", "http://127.0.0.1:8080/fn/alpha"],
    ["hello", "http://127.0.0.1:8080/fn/hello"],
  ]);
  const detail = await control.client.get("hello");
  expect(detail.live.version).toBe(second.version);
  expect(detail.versions.map((version) => version.version)).toEqual([second.version, first.version]);
});

test("no answer holds a value of the environment, nor does the artifact or the log", async () => {
  const secret = "s3cr3t-value";
  await control.client.deploy(uploadOf("1", { env: { TOKEN: secret, OTHER: "x" } }));
  for (const path of ["/api/functions", "/api/functions/hello", "/api/functions/hello/logs", "/api/workers", "/api/openapi.json"]) {
    expect(await (await control.fetch(path)).text()).not.toContain(secret);
  }
  expect((await control.client.get("hello")).live.envNames).toEqual(["OTHER", "TOKEN"]);
  const { execFileSync } = await import("node:child_process");
  expect(() => execFileSync("grep", ["-r", secret, control.directory])).toThrow();
  expect(control.logged()).not.toContain(secret);
});

test("what does not exist is FUNCTION_NOT_FOUND everywhere", async () => {
  for (const call of [
    () => control.client.get("ghost"),
    () => control.client.delete("ghost"),
    () => control.client.moveAlias("ghost", "live", "live"),
    () => control.client.logs("ghost").next(),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: "FUNCTION_NOT_FOUND", status: 404, detail: "There is no function 'ghost'" });
  }
});

test("delete takes the function away; deploying it again begins anew", async () => {
  const { version } = await control.client.deploy(uploadOf("1"));
  await control.client.deploy(uploadOf("2"));
  await control.client.delete("hello");
  expect(await control.client.list()).toEqual([]);
  const again = await control.client.deploy(uploadOf("1"));
  expect([again.version, again.changed]).toEqual([version, true]);
  expect((await control.client.get("hello")).versions).toHaveLength(1);
  expect(control.worker.probes).toHaveLength(3);
});

test("aliases move to a digest, to the first digits of one, or to where another alias points", async () => {
  const first = await control.client.deploy(uploadOf("1"));
  const second = await control.client.deploy(uploadOf("2"));
  const move = async (alias: string, to: string): Promise<Record<string, string>> =>
    (await control.client.moveAlias("hello", alias, to)).aliases;
  expect(await move("beta", first.version)).toEqual({ live: second.version, beta: first.version });
  expect(await move("live", shortVersion(first.version))).toEqual({ live: first.version, beta: first.version });
  await move("beta", second.version);
  expect(await move("live", "beta")).toEqual({ live: second.version, beta: second.version });
  expect((await control.client.get("hello")).live.version).toBe(second.version);
});

test("an alias moves to nothing that is not there", async () => {
  const { version } = await control.client.deploy(uploadOf("1"));
  for (const wanted of [`sha256:${"0".repeat(64)}`, "000000", "ghost", "constructor"]) {
    await expect(control.client.moveAlias("hello", "live", wanted)).rejects.toMatchObject({ code: "VERSION_NOT_FOUND", status: 404 });
  }
  expect((await control.client.get("hello")).aliases).toEqual({ live: version });
});

test("the leftovers of a deploy that broke off make no function", async () => {
  const { version } = await control.client.deploy(uploadOf("1"));
  await control.raw.hdel("fn:functions", "hello");
  await expect(control.client.moveAlias("hello", "live", version)).rejects.toMatchObject({ code: "FUNCTION_NOT_FOUND" });
});

test("workers are listed without their addresses", async () => {
  const text = await (await control.fetch("/api/workers")).text();
  expect(JSON.parse(text)).toEqual({ workers: [{ id: "w1", seenMs: expect.any(Number) as number }] });
});

test("while Redis is away every call is QUEUE_UNAVAILABLE within a second, and works when it is back", async () => {
  await control.client.deploy(uploadOf("1"));
  await control.redis.down();
  const started = performance.now();
  await expect(control.client.list()).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE", status: 503 });
  expect(performance.now() - started).toBeLessThan(1000);
  await expect(control.client.deploy(uploadOf("2"))).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
  expect((await control.fetch("/healthz")).status).toBe(503);
  await control.redis.up();
  await expect.poll(async () => (await control.fetch("/healthz")).status, { timeout: 3000 }).toBe(200);
  await control.store.announceWorker("w1", control.worker.address);
  expect((await control.client.deploy(uploadOf("2"))).changed).toBe(true);
});

const entry = (message: string): Omit<LogLine, "id"> => ({ time: 1, level: "info", requestId: null, version: "v", message });

test("logs are JSON, or NDJSON when asked", async () => {
  await control.client.deploy(uploadOf("1"));
  await control.store.appendLogs("hello", ["a", "b", "c"].map(entry));
  const page = (await (await control.fetch("/api/functions/hello/logs?limit=2")).json()) as { lines: LogLine[] };
  expect(page.lines.map((line) => line.message)).toEqual(["b", "c"]);
  const response = await control.fetch(`/api/functions/hello/logs?after=${page.lines[0]?.id}`, {
    headers: { accept: "application/x-ndjson" },
  });
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const lines = (await response.text()).trim().split("\n");
  expect(lines.map((line) => LogLine.parse(JSON.parse(line)).message)).toEqual(["c"]);
});

test("following gives what is there, then what comes, and ends with the reader", async () => {
  await control.client.deploy(uploadOf("1"));
  await control.store.appendLogs("hello", ["a", "b"].map(entry));
  const stop = new AbortController();
  const messages: string[] = [];
  for await (const line of control.client.logs("hello", { follow: true, limit: 1, signal: stop.signal })) {
    messages.push(line.message);
    if (line.message === "b") await control.store.appendLogs("hello", ["c", "d"].map(entry));
    if (line.message === "d") break;
  }
  expect(messages).toEqual(["b", "c", "d"]);
  await expect.poll(async () => /blocked_clients:(\d+)/.exec(await control.raw.info("clients"))?.[1]).toBe("0");
});

test("following ends when the service stops", async () => {
  await control.client.deploy(uploadOf("1"));
  const reading = control.client.logs("hello", { follow: true }).next();
  await expect.poll(async () => /blocked_clients:(\d+)/.exec(await control.raw.info("clients"))?.[1]).toBe("1");
  control.stop.abort();
  expect((await reading).done).toBe(true);
});

test("a worker that gives no sound answer is named, and the cause is in the log", async () => {
  const ask = async () => DoctorReport.parse(await (await control.fetch("/api/doctor")).json());
  const sound = await ask();
  expect(sound).toMatchObject({ workers: [{ checks: [] }], silent: [] });
  control.worker.doctor = '{"checks":"all is well"}';
  expect(await ask()).toEqual({ workers: [], silent: [sound.workers[0]!.id] });
  expect(control.logged()).toMatch(/gave no sound answer.*\/doctor.*invalid/i);
});
