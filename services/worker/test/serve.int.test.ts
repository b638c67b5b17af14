import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";

const HELLO = `module.exports = { fetch: (request) => new Response("hello " + new URL(request.url).pathname) };`;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 30_000);
afterAll(() => platform.close(), 30_000);

describe("start kinds", () => {
  test("the first invocation is from the pool, the next is hot, in the same instance", async () => {
    const hello = await platform.deploy("hello", HELLO);
    const first = await platform.call(hello, { url: "http://t/a" });
    expect(first).toMatchObject({ head: { status: 200, start: "pool", version: hello.version.slice(7, 19) }, body: "hello /a" });
    expect(first.head?.timing?.init).toBeGreaterThan(0);
    const second = await platform.call(hello, { url: "http://t/b" });
    expect(second).toMatchObject({ head: { start: "hot", timing: { init: 0 } }, body: "hello /b" });
  });

  test("without a template, more first invocations at once than the pool has are cold", async () => {
    const slow = await platform.deploy(
      "slow",
      `exports.fetch = async () => (await new Promise((r) => setTimeout(r, 200)), new Response("x"));`,
      { template: false },
    );
    const answers = await Promise.all(Array.from({ length: 6 }, () => platform.call(slow)));
    const kinds = answers.map(({ head }) => head?.start);
    expect(kinds).toContain("cold");
    expect(kinds).not.toContain(undefined);
  });
});

describe("instances", () => {
  test("maxInstances holds: the rest waits for the first to come free", async () => {
    const one = await platform.deploy(
      "one",
      `let n = 0; exports.fetch = async () => { const at = ++n; await new Promise((r) => setTimeout(r, 30)); return new Response(String(at)); };`,
      { maxInstances: 1 },
    );
    const answers = await Promise.all(Array.from({ length: 5 }, () => platform.call(one)));
    expect(answers.map(({ body }) => body)).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("concurrency 3: one instance serves three at a time", async () => {
    const source = `let now = 0, most = 0; exports.fetch = async () => { most = Math.max(most, ++now); await new Promise((r) => setTimeout(r, 50)); now--; return new Response(String(most)); };`;
    const shared = await platform.deploy("shared", source, { concurrency: 3, maxInstances: 1 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => platform.call(shared)));
    expect(
      answers
        .map(({ body }) => body)
        .sort()
        .at(-1),
    ).toBe("3");
  });

  test("reuse never: each invocation gets a new instance", async () => {
    const fresh = await platform.deploy("fresh", `let n = 0; exports.fetch = () => new Response(String(++n));`, { reuse: "never" });
    for (let round = 0; round < 3; round++) expect((await platform.call(fresh)).body).toBe("1");
  });

  test("reuse never, whatever the concurrency: those that come together start together", async () => {
    const source = `for (const until = Date.now() + 200; Date.now() < until; ); exports.fetch = () => new Response("once");`;
    const once = await platform.deploy("once", source, { reuse: "never", concurrency: 10 });
    const calls = Array.from({ length: 4 }, () => platform.call(once));
    await expect.poll(() => platform.worker.dispatcher.rooms.find(once.function, once.version)?.starting, { interval: 5 }).toBe(4);
    expect((await Promise.all(calls)).map(({ body }) => body)).toEqual(new Array(4).fill("once"));
  });

  test("reuse 2: two each", async () => {
    const twice = await platform.deploy("twice", `let n = 0; exports.fetch = () => new Response(String(++n));`, {
      reuse: 2,
      maxInstances: 1,
    });
    const bodies: string[] = [];
    for (let round = 0; round < 4; round++) bodies.push((await platform.call(twice)).body);
    expect(bodies).toEqual(["1", "2", "1", "2"]);
  });
});

describe("bodies", () => {
  const echo = `exports.fetch = (request) => new Response(request.body);`;
  test("stream both ways, under credit", async () => {
    const to = await platform.deploy("echo", echo);
    const call = platform.invoke(to, { method: "POST", complete: false });
    await call.claimed.promise;
    call.send("one ");
    await expect.poll(() => call.text).toBe("one ");
    call.send("two");
    await expect.poll(() => call.text).toBe("one two");
    call.send("", true);
    expect((await call.answer.promise).body).toBe("one two");
  });

  test("a client that reads not holds up its own function alone, and within one window", async () => {
    const flood = await platform.deploy(
      "flood",
      `exports.fetch = () => new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } }));`,
    );
    const call = platform.invoke(flood);
    call.reading = false;
    await call.started.promise;
    await expect.poll(() => call.bodyBytes).toBe(256 * 1024);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(call.bodyBytes).toBe(256 * 1024);
    call.cancel();
  });

  test("6 MiB through a window of 256 KiB", async () => {
    const count = await platform.deploy("count", `exports.fetch = async (r) => new Response(String((await r.arrayBuffer()).byteLength));`);
    const call = platform.invoke(count, { method: "POST", complete: false });
    await call.claimed.promise;
    const piece = Buffer.alloc(65_536, 1);
    for (let sent = 0; sent < 96; sent++) {
      await expect.poll(() => sent * 65_536 - call.credit, { interval: 2 }).toBeLessThanOrEqual(256 * 1024 - 65_536);
      call.send(piece, sent === 95);
    }
    expect((await call.answer.promise).body).toBe(String(96 * 65_536));
  });
});

test("a caller that leaves aborts request.signal, and the instance serves on", async () => {
  const source = `let aborted = 0; exports.fetch = async (request) => {
    if (request.url.endsWith("/count")) return new Response(String(aborted));
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    aborted++; return new Response("late");
  };`;
  const to = await platform.deploy("leaver", source, { maxInstances: 1 });
  const call = platform.invoke(to);
  await call.claimed.promise;
  await expect.poll(() => platform.worker.dispatcher.rooms.find(to.function, to.version)?.instances.size).toBe(1);
  call.cancel();
  expect((await platform.call(to, { url: "http://t/count" })).body).toBe("1");
});

test("idle instances are reaped, and retired versions at once", async () => {
  const brief = await platform.deploy("brief", `exports.fetch = () => new Response("v1");`, { idleTimeoutMs: 300 });
  await platform.call(brief);
  const group = () => platform.worker.dispatcher.rooms.find(brief.function, brief.version);
  expect(group()?.instances.size).toBe(1);
  await expect.poll(() => group()?.instances.size, { timeout: 3000 }).toBe(0);

  const old = await platform.deploy("moved", `exports.fetch = () => new Response("v1");`);
  await platform.call(old);
  await platform.deploy("moved", `exports.fetch = () => new Response("v2");`);
  await expect.poll(() => platform.worker.dispatcher.rooms.find(old.function, old.version)?.instances.size, { timeout: 3000 }).toBe(0);
});

test("logs reach the store with request id and version", async () => {
  const noisy = await platform.deploy("noisy", `exports.fetch = () => { console.log("hi", 1); return new Response("x"); };`);
  await platform.call(noisy, { requestId: "req-77" });
  await expect.poll(async () => (await platform.store.readLogs("noisy")).map(({ message }) => message)).toContain("hi 1");
  const line = (await platform.store.readLogs("noisy")).find(({ message }) => message === "hi 1");
  expect(line).toMatchObject({ requestId: "req-77", version: noisy.version.slice(7, 19), level: "info" });
});
