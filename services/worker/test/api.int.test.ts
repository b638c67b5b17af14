import { request } from "node:http";
import { statSync } from "node:fs";
import { createHash } from "node:crypto";
import { DEFAULT_LIMITS, ProbeResult } from "@zygo/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ maxInstances: 3 });
}, 30_000);
afterAll(() => platform.close(), 30_000);

function ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: platform.socket, method, path }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text) }));
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function probe(source: string): Promise<ProbeResult> {
  const { version } = await platform.deploy("probed", source);
  const layer = `sha256:${createHash("sha256").update(source).digest("hex")}`;
  const { json } = await ask("POST", "/probe", {
    function: "probed",
    version,
    layer,
    sourceMap: null,
    format: "cjs",
    env: { A: "1" },
    limits: DEFAULT_LIMITS,
  });
  return ProbeResult.parse(json);
}

test("the socket is its owner's alone", () => expect(statSync(platform.socket).mode & 0o777).toBe(0o600));

describe("probe", () => {
  test("tells config, handlers and the start-up it measured", async () => {
    const result = await probe(`exports.config = { memoryMb: 64 }; exports.default = { fetch: () => new Response(""), scheduled() {} };`);
    expect(result).toMatchObject({ ok: true, config: { memoryMb: 64 }, handlers: expect.arrayContaining(["fetch", "scheduled"]) });
    if (result.ok) expect(result.startup.totalMs).toBeGreaterThan(result.startup.loadMs);
  });
  test("a module that throws is a result, with what it threw", async () =>
    expect(await probe(`null.x;`)).toMatchObject({
      ok: false,
      code: "FUNCTION_LOAD_FAILED",
      message: expect.stringContaining("TypeError"),
    }));
  test("a module that eats all memory is told as that", async () =>
    expect(await probe(`const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));`)).toMatchObject({
      ok: false,
      code: "FUNCTION_OOM",
    }));
  test("a probe that is none is refused", async () => expect((await ask("POST", "/probe", { function: "X" })).status).toBe(400));
});

test("health, and an unknown path", async () => {
  expect((await ask("GET", "/healthz")).status).toBe(200);
  expect((await ask("GET", "/nope")).status).toBe(404);
});

test("at the worker's limit an idle instance of another version makes room, the least recently used first", async () => {
  const deploy = (name: string) => platform.deploy(name, `exports.fetch = () => new Response(${JSON.stringify(name)});`);
  const [a, b, c, d] = [await deploy("aa"), await deploy("bb"), await deploy("cc"), await deploy("dd")];
  for (const one of [a, b, c]) await platform.call(one);
  await platform.call(a);
  expect((await platform.call(d)).body).toBe("dd");
  const { json } = await ask("GET", "/instances");
  const { instances } = json as { instances: { function: string; pid: number; state: string; start: string }[] };
  expect(instances.map((instance) => instance.function).sort()).toEqual(["aa", "cc", "dd"]);
  expect(instances.every(({ pid, state }) => pid > 1 && state === "idle")).toBe(true);
});

test("more at once than the worker's limit, of several versions: all are served in their turn", async () => {
  const slow = (name: string) =>
    platform.deploy(name, `exports.fetch = () => new Promise((r) => setTimeout(() => r(new Response("${name}")), 40));`);
  const versions = [await slow("s1"), await slow("s2"), await slow("s3"), await slow("s4")];
  const answers = await Promise.all(Array.from({ length: 24 }, (_, n) => platform.call(versions[n % 4] ?? versions[0]!)));
  expect(answers.map(({ body }) => body).sort()).toEqual(Array.from({ length: 24 }, (_, n) => `s${(n % 4) + 1}`).sort());
  const most = [...platform.worker.dispatcher.rooms.groups].reduce((sum, group) => sum + group.size, 0);
  expect(most).toBeLessThanOrEqual(3);
});
