import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyCaller } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

const SECRET = "5e".repeat(32);

/** Fetches what its query says and tells what came back. */
const CALLER = `exports.fetch = async (request) => {
  const url = new URL(request.url);
  const init = { method: request.method, headers: { "x-fn-caller": "forged", "x-mine": "1" }, ...(request.method === "POST" ? { body: request.body, duplex: "half" } : {}) };
  const answer = await fetch(url.searchParams.get("to"), init);
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
};`;

let platform: Platform;
let gateway: Server;
let caller: TestFunction;
const seen: IncomingMessage[] = [];

beforeAll(async () => {
  gateway = createServer((request, response) => {
    seen.push(request);
    response.writeHead(201, { "x-fn-start": "hot", "content-type": "text/plain" });
    request.pipe(response);
    if (request.method === "GET") response.write("answered");
  });
  gateway.listen(0, "127.0.0.1");
  await once(gateway, "listening");
  platform = await startPlatform({ gateway: { host: "127.0.0.1", port: (gateway.address() as AddressInfo).port } });
  caller = await platform.deploy("shop-api", CALLER);
}, 30_000);
afterAll(async () => {
  await platform.close();
  gateway.closeAllConnections();
  gateway.close();
}, 30_000);

test("a function calls another by name; the worker vouches for it and nothing that it claims itself passes", async () => {
  const to = encodeURIComponent("http://stock.fn.internal/items?q=1");
  const answer = await platform.call(caller, { url: `http://t/?to=${to}`, headers: [[HEADERS.depth, "2"]] });
  expect(answer).toMatchObject({ head: { status: 201 }, body: "answered" });
  const request = seen.at(-1);
  expect(request?.url).toBe("/fn/stock/items?q=1");
  expect(request?.headers["x-mine"]).toBe("1");
  expect(request?.headersDistinct[HEADERS.caller]).toHaveLength(1);
  expect(verifyCaller(String(request?.headers[HEADERS.caller]), Date.now(), SECRET)).toEqual({ function: "shop-api", depth: 3 });
});

test("bodies stream through", async () => {
  const to = encodeURIComponent("http://stock.fn.internal/");
  const call = platform.invoke(caller, { url: `http://t/?to=${to}`, method: "POST", complete: false });
  await call.claimed.promise;
  call.send("first ");
  await expect.poll(() => call.text).toBe("first ");
  call.send("last", true);
  expect((await call.answer.promise).body).toBe("first last");
});

test("a cold instance reaches others too", async () => {
  const waiting = await platform.deploy("waiting", CALLER.replace("const url", "await new Promise((r) => setTimeout(r, 100)); const url"), {
    template: false,
  });
  const to = encodeURIComponent("http://stock.fn.internal/");
  const answers = await Promise.all(Array.from({ length: 5 }, () => platform.call(waiting, { url: `http://t/?to=${to}` })));
  expect(answers.map(({ head }) => head?.start)).toContain("cold");
  expect(answers.map(({ body }) => body)).toEqual(Array(5).fill("answered"));
});

test("a name that is no function's is not served, whatever resolves", async () => {
  const raw = await platform.deploy(
    "raw",
    `const http = require("node:http"); exports.fetch = (request) => new Promise((resolve) => {
    http.get({ host: "127.0.0.1", headers: { host: new URL(request.url).searchParams.get("host") } }, (answer) => resolve(new Response(answer, { status: answer.statusCode })));
  });`,
  );
  const before = seen.length;
  for (const host of ["api.internal", "a.b.fn.internal", "127.0.0.1"]) {
    expect((await platform.call(raw, { url: `http://t/?host=${host}` })).head?.status).toBe(404);
  }
  expect(seen.length).toBe(before);
});

test("the resolver refuses what is not ours to a function without a network", async () => {
  const resolver = await platform.deploy(
    "resolver",
    `const dns = require("node:dns"); exports.fetch = () => new Promise((resolve) => {
    const r = new dns.promises.Resolver(); r.setServers(["127.0.0.53"]);
    Promise.allSettled([r.resolve4("a.fn.internal"), r.resolve6("a.fn.internal"), r.resolve4("example.com")]).then((all) => resolve(Response.json(all.map((one) => one.value ?? one.reason.code))));
  });`,
    { network: "none" },
  );
  expect(JSON.parse((await platform.call(resolver)).body)).toEqual([["127.0.0.1"], "ENODATA", "EREFUSED"]);
});

/** Writes pipelined requests on many connections for two seconds, while another function serves. */
const FLOODER = `const net = require("node:net");
const chunk = Buffer.from("GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".repeat(2000));
exports.fetch = async () => {
  const end = Date.now() + 2000;
  const flood = () => new Promise((resolve) => {
    const socket = net.connect(80, "127.0.0.1");
    socket.on("error", () => {}).on("close", resolve).resume();
    const go = () => Date.now() > end ? socket.destroy() : socket.write(chunk) ? setImmediate(go) : socket.once("drain", go);
    socket.once("connect", go);
  });
  await Promise.all(Array.from({ length: 100 }, async () => { while (Date.now() < end) await flood(); }));
  return new Response("spent");
};`;

test("a sandbox that floods the proxy keeps the worker from nobody", async () => {
  const flooder = await platform.deploy("flooder", FLOODER);
  const victim = await platform.deploy("victim", `exports.fetch = () => new Response("fine");`);
  await platform.call(victim);
  const flood = platform.call(flooder);
  const took: number[] = [];
  for (let round = 0; round < 10; round++) {
    took.push((await platform.call(victim)).tookMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(Math.max(...took)).toBeLessThan(1_000);
  expect((await flood).body).toBe("spent");
});
