import { waitFor } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Answer } from "./gateway-end.ts";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

const LIMIT = 32 * 1024;
let platform: Platform;
let big: TestFunction;
beforeAll(async () => {
  platform = await startPlatform();
  big = await platform.deploy(
    "big",
    `const stream = (pieces, headers = {}) => new Response(new ReadableStream({ pull(c) { if (pieces-- > 0) c.enqueue(new Uint8Array(4096)); else c.close(); } }), { headers });
     exports.fetch = (request) => {
       const { pathname } = new URL(request.url);
       if (pathname === "/whole") return new Response(new Uint8Array(40 * 1024));
       if (pathname === "/fits") return stream(8);
       if (pathname === "/announced") return stream(64, { "content-length": String(64 * 4096) });
       return stream(Infinity);
     };`,
    { responseMb: 1 / 32 },
  );
}, 30_000);
afterAll(() => platform.close(), 30_000);

const call = (path: string, method = "GET"): Promise<Answer> => platform.call(big, { url: `http://t${path}`, method });

test("an answer of just its limit passes", async () => {
  const { head, body, failure } = await call("/fits");
  expect([head?.status, body.length, failure]).toEqual([200, LIMIT, undefined]);
});

test.each(["/whole", "/announced"])("%s: what shows to be larger before its head is out is refused, and no head goes out", async (path) => {
  const { head, failure } = await call(path);
  expect(head).toBeUndefined();
  expect(failure).toMatchObject({ code: "FUNCTION_RESPONSE_TOO_LARGE" });
});

test("a stream that grows larger is broken off at its limit, and the log says so", async () => {
  const { head, body, failure } = await call("/endless");
  expect(head?.status).toBe(200);
  expect(failure?.code).toBe("FUNCTION_RESPONSE_TOO_LARGE");
  expect(body.length).toBeLessThanOrEqual(LIMIT);
  const line = await waitFor("the line", async () =>
    (await platform.store.readLogs("big")).find(({ fields }) => fields?.["code"] === "FUNCTION_RESPONSE_TOO_LARGE"),
  );
  expect(line).toMatchObject({ level: "error", message: expect.stringContaining("responseMb") });
});

test("the instance is told, stops, and serves on", async () => {
  await call("/endless");
  const instances = [...platform.worker.dispatcher.rooms.groups].flatMap((group) => [...group.instances]);
  await waitFor("its end", () => instances.every(({ active }) => active === 0));
  const { head, body } = await call("/fits");
  expect([head?.start, body.length]).toEqual(["hot", LIMIT]);
});

test("an answer to HEAD may say what a GET would get", async () => expect((await call("/announced", "HEAD")).failure).toBeUndefined());
