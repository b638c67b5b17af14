import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";

const MANY = 40;
const WINDOW = 256 * 1024;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 30_000);
afterAll(() => platform.close(), 30_000);

test("a gateway that is slow to read keeps its link, with a window of every answer unread", async () => {
  const source = `exports.fetch = () => new Response(new Uint8Array(${2 * WINDOW}));`;
  const big = await platform.deploy("big", source, { concurrency: MANY, maxInstances: 1, memoryMb: 512 });
  await platform.call(big);
  platform.gateway.pause();
  const calls = Array.from({ length: MANY }, () => platform.invoke(big));
  await expect.poll(() => platform.worker.dispatcher.held).toBe(MANY);
  await new Promise((resolve) => setTimeout(resolve, 500));
  platform.gateway.resume();
  const answers = await Promise.all(calls.map(({ answer }) => answer.promise));
  expect(answers.map(({ body }) => body.length)).toEqual(new Array(MANY).fill(2 * WINDOW));
});

test("an instance that is busy takes the bodies of all its invocations afterwards", async () => {
  const source = `exports.fetch = async (request) => {
    if (request.url.endsWith("/block")) for (const until = Date.now() + 1000; Date.now() < until; );
    return new Response(String((await request.arrayBuffer()).byteLength));
  };`;
  const busy = await platform.deploy("busy", source, { concurrency: MANY + 1, maxInstances: 1, memoryMb: 512 });
  await platform.call(busy);
  const blocked = platform.invoke(busy, { url: "http://t/block" });
  await blocked.claimed.promise;
  const calls = Array.from({ length: MANY }, () => platform.invoke(busy, { method: "POST", complete: false }));
  await Promise.all(calls.map(({ claimed }) => claimed.promise));
  for (const call of calls) for (let sent = 0; sent < WINDOW; sent += 65_536) call.send(Buffer.alloc(65_536), sent + 65_536 === WINDOW);
  const answers = await Promise.all([blocked, ...calls].map(({ answer }) => answer.promise));
  expect(answers.map(({ body }) => body)).toEqual(["0", ...new Array<string>(MANY).fill(String(WINDOW))]);
});
