import { processes, waitFor } from "@zygo/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 30_000);
afterAll(() => platform.close(), 30_000);

/** One function with every fault, by path; `/ok` is none. */
const FAULTY = `
const fs = require("node:fs");
const channel = () => Number(fs.readdirSync("/proc/self/fd").find((fd) => { try { return fs.readlinkSync("/proc/self/fd/" + fd).startsWith("socket:"); } catch { return false; } }));
const frame = (type, stream, text) => { const f = Buffer.alloc(12 + text.length); f.writeUInt32LE(text.length, 0); f[4] = type; f.writeUInt32LE(stream, 8); f.write(text, 12, "latin1"); return f; };
const writeAll = (bytes) => { for (let at = 0; at < bytes.length;) { try { at += fs.writeSync(channel(), bytes, at); } catch {} } };
const faults = {
  "/ok": () => new Response("ok"),
  "/throw": () => { throw new TypeError("boom"); },
  "/reject": () => { Promise.reject(new Error("forgotten")); return new Promise(() => {}); },
  "/exit": () => process.exit(3),
  "/abort": () => process.abort(),
  "/kill": () => process.kill(process.pid, "SIGKILL"),
  "/stack": () => { const f = () => f() + 1; return f(); },
  "/loop": () => { for (;;); },
  "/never": () => new Promise(() => {}),
  "/oom": () => { const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1)); },
  "/later": (request, env, ctx) => { ctx.waitUntil(new Promise(() => {})); return new Response("early"); },
  "/junk": () => { fs.writeSync(channel(), Buffer.alloc(64, 0xff)); return new Promise(() => {}); },
  "/forge": () => { fs.writeSync(channel(), frame(3, 99, "{}")); return new Promise(() => {}); },
  "/chatter": () => { const line = frame(9, 1, JSON.stringify({ time: 1, level: "info", message: "m" })); const many = Buffer.concat(Array(1000).fill(line)); for (;;) writeAll(many); },
  "/empty": () => { const many = Buffer.concat(Array(1000).fill(frame(6, 1, "\\0\\0\\0\\0"))); for (;;) writeAll(many); },
  "/flood": () => { for (;;) fs.writeSync(channel(), frame(4, 1, "x".repeat(65536))); },
  "/deep": () => { writeAll(frame(9, 1, '{"time":1,"level":"info","message":"deep","fields":{"a":' + "[".repeat(400000) + "]".repeat(400000) + "}}")); return new Response("ok"); },
  "/no-date": () => { writeAll(frame(9, 1, '{"time":1e300,"level":"info","message":"m"}')); return new Promise(() => {}); },
  "/long-head": () => {
    const head = JSON.stringify({ status: 200, headers: [["x-long", "a".repeat(1048576 - 4 - 46)]] });
    writeAll(frame(4, 1, String.fromCharCode(head.length & 255, (head.length >> 8) & 255, head.length >> 16, 0) + head));
    return new Promise(() => {});
  },
  "/nothing": () => undefined,
};
exports.fetch = (request, env, ctx) => faults[new URL(request.url).pathname](request, env, ctx);
`;

let faulty: TestFunction;
beforeEach(async () => {
  faulty = await platform.deploy("faulty", FAULTY);
});
const call = (path: string, deadlineMs = 10_000) => platform.call(faulty, { url: `http://t${path}`, deadlineMs: Date.now() + deadlineMs });

describe("each fault has its code, told at once, and the next call works", () => {
  test.each([
    ["/throw", "FUNCTION_ERROR", ""],
    ["/reject", "FUNCTION_UNHANDLED_REJECTION", ""],
    ["/exit", "FUNCTION_EXITED", "code 3"],
    ["/abort", "FUNCTION_CRASHED", "SIG"],
    ["/kill", "FUNCTION_CRASHED", "SIGKILL"],
    ["/stack", "FUNCTION_STACK_OVERFLOW", ""],
    ["/nothing", "FUNCTION_INVALID_RESPONSE", ""],
    ["/oom", "FUNCTION_OOM", "128 MiB"],
    ["/junk", "FUNCTION_PROTOCOL", ""],
    ["/forge", "FUNCTION_PROTOCOL", ""],
    ["/flood", "FUNCTION_PROTOCOL", ""],
    ["/chatter", "FUNCTION_PROTOCOL", ""],
    ["/empty", "FUNCTION_PROTOCOL", ""],
    ["/long-head", "FUNCTION_PROTOCOL", ""],
    ["/no-date", "FUNCTION_PROTOCOL", ""],
  ])("%s is %s", async (path, code, detail) => {
    const answer = await call(path);
    expect(answer.failure?.code).toBe(code);
    expect(answer.failure?.detail).toContain(detail);
    expect(answer.failure?.detail).not.toMatch(/\/(work|tmp|root|usr)\//);
    expect(answer.tookMs).toBeLessThan(5_000);
    expect((await call("/ok")).body).toBe("ok");
  });

  test("fields nested too deeply to be rendered are left out of the log", async () => {
    expect((await call("/deep")).body).toBe("ok");
    const deep = async () => (await platform.store.readLogs("faulty")).find(({ message }) => message === "deep");
    await expect.poll(deep, { timeout: 2_000 }).toMatchObject({ fields: { omitted: expect.stringContaining("64") } });
  });

  test.each(["/loop", "/never"])("%s ends at its deadline", async (path) => {
    const answer = await call(path, 400);
    expect(answer.failure).toMatchObject({ code: "FUNCTION_TIMEOUT" });
    expect(answer.tookMs).toBeGreaterThan(390);
    expect(answer.tookMs).toBeLessThan(600);
    expect((await call("/ok")).body).toBe("ok");
  });

  test("waitUntil work is bounded by the deadline", async () => {
    expect((await call("/later", 300)).body).toBe("early");
    const group = () => platform.worker.dispatcher.rooms.find(faulty.function, faulty.version);
    const busy = [...(group()?.instances ?? [])].find((instance) => instance.active === 1);
    expect(busy).toBeDefined();
    await expect.poll(() => busy?.gone, { timeout: 1000 }).toBe(true);
  });
});

describe("loading", () => {
  test("a config nested too deeply to be rendered ends the load", async () => {
    const deep = await platform.deploy(
      "deep",
      `let c = 1; for (let i = 0; i < 3000; i++) c = [c]; exports.config = { c }; exports.fetch = () => new Response("x");`,
    );
    expect((await platform.call(deep)).failure?.code).toBe("FUNCTION_PROTOCOL");
  });
  test("a module that throws is FUNCTION_LOAD_FAILED, its stack in the log", async () => {
    const broken = await platform.deploy("broken", `throw new TypeError("at the top");`);
    expect((await platform.call(broken)).failure).toMatchObject({
      code: "FUNCTION_LOAD_FAILED",
      detail: expect.stringContaining("TypeError"),
    });
    await expect.poll(async () => (await platform.store.readLogs("broken")).map(({ message }) => message).join()).toContain("at the top");
  });
  test("a module that never ends loading ends at the deadline", async () => {
    const looping = await platform.deploy("looping", `for (;;);`);
    const answer = await platform.call(looping, { deadlineMs: Date.now() + 400 });
    expect(answer.failure?.code).toBe("FUNCTION_TIMEOUT");
    expect(answer.tookMs).toBeLessThan(600);
    await expect.poll(() => platform.worker.dispatcher.rooms.find("looping", looping.version)?.size, { timeout: 1000 }).toBe(0);
  });
  test("a module that exits while loading", async () => {
    const leaving = await platform.deploy("leaving", `process.exit(9);`);
    expect((await platform.call(leaving)).failure).toMatchObject({ code: "FUNCTION_EXITED", detail: expect.stringContaining("9") });
  });
  test("a version that is not there", async () => {
    const answer = await platform.call({ function: "ghost", version: `sha256:${"0".repeat(64)}` });
    expect(answer.failure?.code).toBe("VERSION_NOT_FOUND");
  });
});

test("with concurrency, one that overruns is cancelled first and its neighbours live when it heeds that", async () => {
  const source = `exports.fetch = async (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/heeds") await new Promise((r) => request.signal.addEventListener("abort", r));
    else if (path === "/slow") await new Promise((r) => setTimeout(r, 600));
    else await new Promise(() => {});
    return new Response("done");
  };`;
  const shared = await platform.deploy("neighbours", source, { concurrency: 10, maxInstances: 1 });
  const slow = platform.call(shared, { url: "http://t/slow" });
  const heeds = platform.call(shared, { url: "http://t/heeds", deadlineMs: Date.now() + 200 });
  expect((await heeds).failure?.code).toBe("FUNCTION_TIMEOUT");
  expect((await slow).body).toBe("done");

  const hurt = platform.call(shared, { url: "http://t/slow" });
  const deaf = platform.call(shared, { url: "http://t/deaf", deadlineMs: Date.now() + 200 });
  expect((await deaf).failure?.code).toBe("FUNCTION_TIMEOUT");
  expect((await hurt).failure).toMatchObject({ code: "FUNCTION_CRASHED", detail: expect.stringContaining("another invocation") });
});

test("what waits for a busy instance until its deadline is told so", async () => {
  const busy = await platform.deploy("busy", `exports.fetch = () => new Promise((r) => setTimeout(() => r(new Response("x")), 700));`, {
    maxInstances: 1,
  });
  const first = platform.call(busy);
  const second = await platform.call(busy, { deadlineMs: Date.now() + 300 });
  expect(second.failure?.code).toBe("QUEUE_TIMEOUT");
  expect((await first).body).toBe("x");
});

test("an envelope that is none is dropped, and the next is served", async () => {
  await platform.enqueue(Buffer.from("not an envelope"));
  expect((await call("/ok")).body).toBe("ok");
});

test("a gateway that goes away has its invocations aborted; a new one is served", async () => {
  const source = `let aborted = 0; exports.fetch = async (request) => {
    if (request.url.endsWith("/count")) return new Response(String(aborted));
    await new Promise((r) => request.signal.addEventListener("abort", r)); aborted++; return new Response("");
  };`;
  const to = await platform.deploy("orphan", source, { maxInstances: 1 });
  await platform.call(to, { url: "http://t/count" });
  const lost = platform.invoke(to);
  await lost.claimed.promise;
  platform.gateway.cut();
  expect((await platform.call(to, { url: "http://t/count" })).body).toBe("1");
});

test("a zygote that dies is started again; what runs goes on", async () => {
  const alive = await platform.deploy("alive", `exports.fetch = () => new Response("alive");`, { maxInstances: 1 });
  await platform.call(alive);
  const zygote = platform.lines.findLast(({ msg }) => msg === "zygote ready")?.["pid"];
  process.kill(Number(zygote), "SIGKILL");
  expect((await platform.call(alive)).body).toBe("alive");
  const fresh = await platform.deploy("after", `exports.fetch = () => new Response("started");`, { reuse: "never" });
  await expect.poll(() => platform.lines.filter(({ msg }) => msg === "zygote ready").length, { timeout: 5_000 }).toBe(2);
  for (let round = 0; round < 4; round++) expect((await platform.call(fresh)).body).toBe("started");
});

test("a zygote that dies again while it starts is started once more, and starts go on", async () => {
  const launcher = processes().find(({ ppid, command }) => ppid === process.pid && command.includes("/launcher "))!.pid;
  const zygote = (not: number) =>
    waitFor("a zygote", () =>
      processes().find(({ pid, ppid, command }) => ppid === launcher && pid !== not && command.includes("zygote.cjs")),
    );
  const before = platform.lines.filter(({ msg }) => msg === "zygote ready").length;
  const first = (await zygote(0)).pid;
  process.kill(first, "SIGKILL");
  process.kill((await zygote(first)).pid, "SIGKILL");
  await expect.poll(() => platform.lines.filter(({ msg }) => msg === "zygote ready").length, { timeout: 10_000 }).toBe(before + 1);
  const fresh = await platform.deploy("again", `exports.fetch = () => new Response("started");`, { reuse: "never" });
  for (let round = 0; round < 4; round++) expect((await platform.call(fresh)).body).toBe("started");
  expect(platform.lines.filter(({ msg }) => msg === "zygote not started")).toHaveLength(1);
});

test("a fault of the worker's own, at a frame of an instance, ends that instance and nothing else", async () => {
  const innocent = await platform.deploy("innocent", "exports.fetch = () => new Response('fine');");
  const talker = await platform.deploy("talker", "exports.fetch = () => { console.log('trigger'); return new Promise(() => {}); };");
  await platform.call(innocent);
  const { logs } = platform.worker.dispatcher;
  const add = logs.add.bind(logs);
  const broken = vi.spyOn(logs, "add").mockImplementation((name, ...rest) => {
    if (name === "talker") throw new TypeError("a bug");
    add(name, ...rest);
  });
  try {
    expect((await platform.call(talker)).failure?.code).toBe("INTERNAL");
  } finally {
    broken.mockRestore();
  }
  expect((await platform.call(innocent)).head?.status).toBe(200);
  expect(platform.lines.find(({ msg }) => String(msg).includes("a fault of the worker's own"))).toMatchObject({ function: "talker" });
});
