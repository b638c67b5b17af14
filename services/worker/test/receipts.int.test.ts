import type { Receipt } from "@zygo/contracts";
import { waitFor } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 30_000);
afterAll(() => platform.close(), 30_000);

/** What the worker keeps of a function, once there are so many. */
const receiptsOf = async (id: string, count: number): Promise<Receipt[]> =>
  await waitFor(`${count} receipts of ${id}`, () => {
    const kept = platform.worker.dispatcher.receipts.of(id);
    return kept.length >= count ? kept : undefined;
  });

const last = async (of: TestFunction, count: number): Promise<Receipt> => (await receiptsOf(of.function, count)).at(-1) as Receipt;

/** Until it has used so much CPU time by its own count; behind `/sleep` it waits as long and uses none. */
const SPIN = `
const spin = (ms) => { const from = process.cpuUsage(); for (;;) { const { user, system } = process.cpuUsage(from); if (user + system >= ms * 1000) return; } };
exports.fetch = async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/spin") spin(150);
  if (pathname === "/child") require("node:child_process").execFileSync(process.execPath, ["-e", spin.toString().replace("(ms) =>", "ms =>") && "const spin = " + spin + "; spin(150)"]);
  if (pathname === "/sleep") await new Promise((done) => setTimeout(done, 150));
  return new Response("done");
};`;

describe("what the kernel counted", () => {
  test("CPU time is the invocation's own, a child process's included; waiting costs none", async () => {
    const spin = await platform.deploy("spin", SPIN);
    await platform.call(spin, { url: "http://t/first" });
    await platform.call(spin, { url: "http://t/spin" });
    const spun = await last(spin, 2);
    await platform.call(spin, { url: "http://t/sleep" });
    const slept = await last(spin, 3);
    await platform.call(spin, { url: "http://t/child" });
    const forked = await last(spin, 4);
    expect(spun).toMatchObject({
      requestId: expect.stringMatching(/^r-/),
      status: 200,
      code: null,
      start: "hot",
      attempt: 1,
      shared: false,
    });
    expect(spun.instance).toMatch(/^w1\/\d+$/);
    expect(spun.settled).toBe(true);
    expect(spun.used?.cpuMs).toBeGreaterThanOrEqual(149);
    expect(slept.used?.cpuMs).toBeLessThan(149);
    expect(slept.phases.handlerMs).toBeGreaterThan(148);
    expect(forked.used?.cpuMs).toBeGreaterThanOrEqual(149);
  });

  test("the invocation that an instance was made for has what that took", async () => {
    const fresh = await platform.deploy("fresh", `exports.fetch = () => new Response("x");`);
    await platform.call(fresh);
    await platform.call(fresh);
    const [first, second] = await receiptsOf("fresh", 2);
    expect(first?.start).not.toBe("hot");
    expect(first?.phases.initMs).toBeGreaterThan(0);
    expect(first?.used?.cpuMs).toBeGreaterThan(second?.used?.cpuMs ?? Infinity);
  });

  test("the peak of memory is the kernel's, whatever the function frees", async () => {
    const hungry = await platform.deploy("hungry", `exports.fetch = () => (Buffer.alloc(40 * 2 ** 20, 1), new Response("x"));`);
    await platform.call(hungry);
    expect((await last(hungry, 1)).used?.memoryPeakBytes).toBeGreaterThan(40 * 2 ** 20);
  });

  test("a limit of CPU that holds back shows", async () => {
    const held = await platform.deploy("held", SPIN, { cpu: 0.2 });
    await platform.call(held, { url: "http://t/spin" });
    expect((await last(held, 1)).used?.throttledMs).toBeGreaterThan(0);
  });
});

describe("ends", () => {
  test("one that overran its deadline has what it burnt until then", async () => {
    const loop = await platform.deploy("loop", `exports.fetch = () => { for (;;); };`);
    const { failure } = await platform.call(loop, { deadlineMs: Date.now() + 1_000 });
    expect(failure?.code).toBe("FUNCTION_TIMEOUT");
    const receipt = await last(loop, 1);
    expect(receipt).toMatchObject({ code: "FUNCTION_TIMEOUT", status: null });
    expect(receipt.used?.cpuMs).toBeGreaterThan(20);
  });

  test("one that was killed for memory has its peak", async () => {
    const bomb = await platform.deploy(
      "bomb",
      `exports.fetch = () => { const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 20, 1)); };`,
      { memoryMb: 64 },
    );
    expect((await platform.call(bomb)).failure?.code).toBe("FUNCTION_OOM");
    const receipt = await last(bomb, 1);
    expect(receipt.code).toBe("FUNCTION_OOM");
    expect(receipt.used?.memoryPeakBytes).toBeGreaterThan(60 * 2 ** 20);
  });

  test("one that got no instance has no figures, and says why", async () => {
    const broken = await platform.deploy("broken", `throw new Error("no");`);
    await platform.call(broken);
    expect(await last(broken, 1)).toMatchObject({ code: "FUNCTION_LOAD_FAILED", start: null, instance: null, used: null });
  });

  test("reuse never: its instance is gone, memory and all, before its receipt is written", async () => {
    const once = await platform.deploy("once", `exports.fetch = () => new Response("x");`, { reuse: "never" });
    for (let round = 1; round <= 3; round++) {
      await platform.call(once);
      const { used, instance } = await last(once, round);
      expect(used?.cpuMs).toBeGreaterThan(0);
      const live = [...platform.worker.dispatcher.rooms.groups].flatMap((group) => [...group.instances]);
      expect(live.map(({ sandboxId }) => `w1/${sandboxId}`)).not.toContain(instance);
    }
  });

  test("an instance that is ended at once has given its figures before", async () => {
    const brief = await platform.deploy("brief", `exports.fetch = () => new Response("x");`, { idleTimeoutMs: 0 });
    await platform.call(brief);
    expect((await last(brief, 1)).used?.cpuMs).toBeGreaterThan(0);
  });
});

describe("concurrency", () => {
  const SOURCE = `let open; exports.fetch = (request) => new URL(request.url).pathname === "/open" ? (open?.(), new Response("x")) : new Promise((done) => (open = () => done(new Response("y"))));`;

  test("what ran beside another has the figures of both, and says so", async () => {
    const both = await platform.deploy("both", SOURCE, { concurrency: 2, maxInstances: 1 });
    await platform.call(both, { url: "http://t/open" });
    const held = platform.invoke(both, { url: "http://t/held" });
    await held.claimed.promise;
    await platform.call(both, { url: "http://t/open" });
    await platform.call(both, { url: "http://t/open" });
    await held.answer.promise;
    const kept = await receiptsOf("both", 4);
    expect(kept[0]?.shared).toBe(false);
    expect(kept.slice(1).map(({ shared }) => shared)).toContain(true);
    expect(kept.find(({ requestId }) => requestId === kept.at(-1)?.requestId)?.used?.cpuMs).toBeGreaterThan(0);
  });
});

describe("told to who asks", () => {
  test("with the answer: right before its end, of whole answers, streams and failures", async () => {
    const told = await platform.deploy(
      "told",
      `exports.fetch = (request) => { const { pathname } = new URL(request.url); if (pathname === "/throw") throw new Error("no");
       return new Response(pathname === "/stream" ? new ReadableStream({ async pull(c) { await new Promise(setImmediate); c.enqueue(new Uint8Array(9)); c.close(); } }) : "x"); };`,
    );
    const whole = await platform.call(told, { receipt: "answer" });
    expect(whole.receipt).toMatchObject({ status: 200, settled: false, used: { cpuMs: expect.any(Number) } });
    const stream = await platform.call(told, { receipt: "answer", url: "http://t/stream" });
    expect(stream.receipt).toMatchObject({ status: 200, start: "hot", used: { cpuMs: expect.any(Number) } });
    const failed = await platform.call(told, { receipt: "answer", url: "http://t/throw" });
    expect(failed.receipt).toMatchObject({ code: "FUNCTION_ERROR", used: { cpuMs: expect.any(Number) } });
    expect((await platform.call(told)).receipt).toBeUndefined();
    expect(platform.gateway.settled).toEqual([]);
  });

  test("to a record: again when all is settled, waitUntil included", async () => {
    const later = await platform.deploy(
      "later",
      `${SPIN.replace("exports.fetch", "const old")}
       exports.fetch = (request, env, ctx) => (ctx.waitUntil(new Promise((done) => setTimeout(() => { spin(100); done(); }, 20))), new Response("x"));`,
    );
    await platform.call(later);
    const { receipt } = await platform.call(later, { receipt: "record" });
    const settled = await waitFor("the settled receipt", () => platform.gateway.settled.at(-1));
    expect(receipt).toMatchObject({ settled: false });
    expect(settled).toMatchObject({ requestId: receipt?.requestId, settled: true });
    expect(settled.used?.cpuMs).toBeGreaterThanOrEqual((receipt?.used?.cpuMs ?? Infinity) + 99);
  });
});
