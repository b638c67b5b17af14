import type { ProbeResult } from "@zygo/contracts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startControl, uploadOf, type Control } from "./control.ts";
import { loads, type Script } from "./scripted-worker.ts";

let control: Control;
let old: string;

beforeAll(async () => {
  control = await startControl({ probeMs: 500 });
});
afterAll(() => control.end());
beforeEach(async () => {
  await control.raw.flushall();
  await control.store.announceWorker("w1", control.worker.address);
  control.worker.script = () => loads();
  control.worker.probes.length = 0;
  old = (await control.client.deploy(uploadOf("old"))).version;
});
/** Whatever happened: the old version serves, and no other is known. */
afterEach(async () => {
  const { aliases, versions } = await control.client.get("hello");
  expect(aliases).toEqual({ live: old });
  expect(versions.map((version) => version.version)).toEqual([old]);
});

const failed = (code: string, message: string, stack?: string): ProbeResult => ({
  ok: false,
  code,
  message,
  ...(stack === undefined ? {} : { stack }),
});

test("a bundle that throws while it loads is INVALID_BUNDLE, in its own words", async () => {
  control.worker.script = () => failed("FUNCTION_LOAD_FAILED", "TypeError: x is not a function", "TypeError: x…\n    at hello.ts:3:1");
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({
    code: "INVALID_BUNDLE",
    status: 422,
    detail: "TypeError: x is not a function",
    problem: {
      error: {
        code: "FUNCTION_LOAD_FAILED",
        name: "TypeError",
        message: "x is not a function",
        stack: "TypeError: x…\n    at hello.ts:3:1",
      },
    },
  });
});

test("a bundle that needs more memory than its config says is told so", async () => {
  control.worker.script = ({ limits }) => (limits.memoryMb < 300 ? failed("FUNCTION_OOM", "out of memory") : loads({}));
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({
    code: "INVALID_BUNDLE",
    problem: { error: { code: "FUNCTION_OOM" } },
  });
});

test("a bundle that no memory suffices for is told of the limit that it has", async () => {
  control.worker.script = ({ limits }) => failed("FUNCTION_OOM", `more than ${limits.memoryMb} MiB`);
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({ code: "INVALID_BUNDLE", detail: "more than 128 MiB" });
});

test("no handler is INVALID_BUNDLE", async () => {
  control.worker.script = () => loads({}, []);
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({
    code: "INVALID_BUNDLE",
    detail: expect.stringContaining("exports no handler") as string,
  });
});

test.each<[string, unknown, string]>([
  ["a wrong type", { memoryMb: "lots" }, "config.memoryMb: "],
  ["out of bounds", { memoryMb: 1 }, "config.memoryMb: "],
  ["an unknown member", { memory: 128 }, 'config: Unrecognized key: "memory"'],
  ["an unknown runtime", { runtime: "node20" }, "config.runtime: "],
  ["no object", "big", "config: "],
  ["members that contradict", { minInstances: 5, maxInstances: 2 }, "config.minInstances: "],
])("config with %s is INVALID_CONFIG and named", async (_, config, detail) => {
  control.worker.script = () => loads(config);
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    status: 422,
    detail: expect.stringContaining(detail) as string,
    problem: { issues: [{ path: expect.any(Array) as unknown[], message: expect.any(String) as string }] },
  });
});

test.each<[string, Script, string]>([
  ["hangs up", () => "hang up", "WORKER_LOST"],
  ["says nothing until the deadline", () => "hang", "WORKER_LOST"],
  ["refuses for a reason of its own", () => ({ status: 503, body: '{"code":"OVERLOADED","detail":"busy"}' }), "OVERLOADED"],
  ["refuses our request", () => ({ status: 400, body: '{"code":"INVALID_REQUEST","detail":"bad"}' }), "INTERNAL"],
  ["answers nonsense", () => ({ status: 200, body: "nonsense" }), "INTERNAL"],
  ["answers another shape", () => ({ status: 200, body: '{"ok":"maybe"}' }), "INTERNAL"],
  ["answers HTML", () => ({ status: 502, body: "<html>" }), "INTERNAL"],
])("a worker that %s: %s", async (_, script, code) => {
  control.worker.script = script;
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({ code });
  expect(control.worker.probes).toHaveLength(2);
});

test("an answer that is not what a worker says is met at the door", async () => {
  control.worker.script = () => ({ status: 200, body: '{"ok":true,"handlers":["fetch"],"startup":{"totalMs":"soon","loadMs":1}}' });
  const detail = "The worker's answer cannot be understood";
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({ code: "INTERNAL", detail });
});

test("no live worker is NO_WORKER", async () => {
  await control.raw.hset("fn:workers", "w1", JSON.stringify({ address: control.worker.address, seenMs: Date.now() - 60_000 }));
  const deploying = control.client.deploy(uploadOf("bad"));
  await expect(deploying).rejects.toMatchObject({
    code: "NO_WORKER",
    status: 503,
    detail: expect.stringContaining("No worker is running") as string,
  });
});

test("a worker that is announced but gone is passed over", async () => {
  await control.store.announceWorker("gone", "unix:/nowhere/worker.sock");
  await control.store.announceWorker("odd", "carrier-pigeon");
  // The same version again, so that nothing changes: it is forgotten first, to be probed anew.
  await control.raw.del("fn:versions:hello", "fn:functions");
  expect((await control.client.deploy(uploadOf("old"))).changed).toBe(true);
});

test.each([
  ["cron", { cron: ["* * * * *"] }, "scheduled"],
  ["queue", { queue: { batchSize: 5 } }, "queue"],
])("config.%s without the handler for it is refused, and told what to export", async (member, config, handler) => {
  control.worker.script = () => loads(config);
  await expect(control.client.deploy(uploadOf("bad"))).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    problem: { issues: [{ path: [member], message: expect.stringContaining(`async ${handler}(`) as string }] },
  });
});

test("with the handler it is taken", async () => {
  control.worker.script = () => loads({ cron: ["0 0 1 1 *"], queue: {} }, ["scheduled", "queue"]);
  old = (await control.client.deploy(uploadOf("triggered"))).version;
  control.worker.script = () => loads();
  await control.client.delete("hello");
  old = (await control.client.deploy(uploadOf("old"))).version;
});

test("a caller who leaves during the probe changes nothing", async () => {
  const stop = new AbortController();
  control.worker.script = () => {
    stop.abort(new Error("enough"));
    return new Promise(() => {});
  };
  await expect(control.client.deploy(uploadOf("bad", { signal: stop.signal }))).rejects.toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
});

test("a failed deploy can be sent again", async () => {
  control.worker.script = () => failed("FUNCTION_LOAD_FAILED", "Error: once");
  await expect(control.client.deploy(uploadOf("new"))).rejects.toMatchObject({ code: "INVALID_BUNDLE" });
  control.worker.script = () => loads();
  old = (await control.client.deploy(uploadOf("old"))).version;
});
