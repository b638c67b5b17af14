import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, Platform } from "./platform.ts";

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start();
  await platform.deploy("echo");
});
afterEach(() => platform.reset());
afterAll(() => platform.end());

/** Sends bytes as they are, and reads until the gateway closes. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(platform.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
  socket.on("error", () => {});
  socket.write(text, "latin1");
  await once(socket, "close", { signal: AbortSignal.timeout(15_000) });
  return answer;
}

const head = (lines: string[]): string => `${["GET /fn/echo HTTP/1.1", ...lines, "connection: close"].join("\r\n")}\r\n\r\n`;

describe("requests that are not HTTP, or mean two things, never reach the queue", () => {
  test.each([
    ["garbage", "\x00\x01\x02\r\n\r\n"],
    ["no Host", head([])],
    ["two Hosts", head(["host: a", "host: b"])],
    ["a Host with a path", head(["host: a/b"])],
    ["a Host with credentials", head(["host: user@evil"])],
    ["a Host with an impossible port", head(["host: a:99999"])],
    ["a bare CR in a header", head(["host: a", "x-a: b\rx-b: c"])],
    ["a NUL in a header", head(["host: a", "x-a: b\0"])],
    ["a space before the colon", head(["host: a", "x-a : b"])],
    [
      "length and chunked together",
      `POST /fn/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["two lengths", `POST /fn/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd`],
    ["a length that is no number", `POST /fn/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3x\r\n\r\nabc`],
    ["headers beyond the limit", head(["host: a", `x-a: ${"a".repeat(40_000)}`])],
  ])("%s", async (_, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await platform.lane.depth()).toBe(0);
  });

  test("they are answered with a problem too, with a request id", async () => {
    const answer = await raw("nonsense\r\n\r\n");
    expect(answer).toContain("content-type: application/problem+json");
    expect(answer).toMatch(/x-fn-request-id: [0-9a-f-]{36}\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  });

  test("a head that is dribbled is given up", async () => {
    const startMs = performance.now();
    expect(await raw("GET /fn/echo HTTP/1.1\r\nhost: a\r\n")).toContain("INVALID_REQUEST");
    expect(performance.now() - startMs).toBeLessThan(14_000);
  });
});

test("odd but lawful requests are served", async () => {
  const worker = platform.worker();
  await raw(`GET http://other.example/fn/echo/abs?x HTTP/1.1\r\nhost: other.example\r\nconnection: close\r\n\r\n`);
  await raw(head(["host: a", "x-empty:", "x-latin: caf\xe9", ...Array.from({ length: 300 }, (_, index) => `x-${index}: ${index}`)]));
  await raw(
    `PURGE /fn/echo HTTP/1.1\r\nhost: a\r\nconnection: close, x-hop\r\nx-hop: 1\r\nte: trailers\r\nupgrade: websocket\r\nproxy-authorization: x\r\n\r\n`,
  );
  const [absolute, many, purge] = worker.served;
  expect(absolute?.envelope.head.url).toBe("http://other.example/abs?x");
  expect([many?.header("x-empty"), many?.header("x-latin"), many?.header("x-299")]).toEqual([[""], ["caf\u00e9"], ["299"]]);
  expect(purge?.envelope.head.method).toBe("PURGE");
  expect(["x-hop", "te", "upgrade", "proxy-authorization", "connection"].flatMap((name) => purge?.header(name))).toEqual([]);
});

test("what a proxy before the gateway said is kept, and the peer's address comes last", async () => {
  const worker = platform.worker();
  await raw(
    head([
      "host: a",
      "x-forwarded-for: 1.2.3.4",
      "x-forwarded-for: 5.6.7.8",
      "x-forwarded-proto: https",
      "x-forwarded-host: evil",
      "forwarded: for=evil",
    ]),
  );
  const [served] = worker.served;
  expect(served?.header("x-forwarded-for")).toEqual(["1.2.3.4, 5.6.7.8, 127.0.0.1"]);
  expect(served?.envelope.head.url).toBe("https://a/");
  expect([served?.header("x-forwarded-host"), served?.header("forwarded")]).toEqual([["a"], []]);
});

describe("the other routes", () => {
  test("hello, health, metrics", async () => {
    platform.worker();
    await (await fetch(`${platform.url}/fn/echo`)).text();
    await (await fetch(`${platform.url}/fn/made-up-name`)).text();
    const [hello, health, metrics] = await Promise.all(["/", "/healthz", "/metrics"].map((path) => fetch(platform.url + path)));
    expect([hello?.status, health?.status, metrics?.status]).toEqual([200, 200, 200]);
    expect(hello?.headers.get("x-fn-request-id")).not.toBeNull();
    const text = (await metrics?.text()) ?? "";
    expect(text).toMatch(/^fn_requests_total\{function="echo",status="2xx",start="hot"\} [1-9]\d*$/m);
    expect(text).toMatch(/^fn_errors_total\{code="FUNCTION_NOT_FOUND"\} 1$/m);
    expect(text).toMatch(/^fn_request_duration_seconds_count\{start="hot"\} [1-9]\d*$/m);
    expect(text).toMatch(/^fn_queue_depth 0$/m);
    expect(text).not.toContain("made-up-name");
  });

  test.each(["/nope", "/fn", "/apis", "/FN/echo"])("%s: NOT_FOUND as a problem", async (path) => {
    const answer = await fetch(platform.url + path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(await answer.json()).toMatchObject({ code: "NOT_FOUND", requestId: answer.headers.get("x-fn-request-id") });
  });

  test("readyz says what is missing, and is ready with all of them", async () => {
    expect((await fetch(`${platform.url}/readyz`)).status).toBe(503);
    expect(await (await fetch(`${platform.url}/readyz`)).json()).toMatchObject({ ready: false, missing: ["control", "worker"] });
    await platform.control((_, response) => response.end());
    await platform.store.announceWorker("w1", "unix:/nowhere");
    const answer = await fetch(`${platform.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, redis: true, control: true, worker: true, missing: [] }]);
    await platform.store.removeWorker("w1");
    platform.redis.hang();
    const startMs = performance.now();
    expect(await (await fetch(`${platform.url}/readyz`)).json()).toMatchObject({ ready: false, missing: ["redis", "worker"] });
    expect(performance.now() - startMs).toBeLessThan(1500);
    platform.redis.resume();
    await eventually(() => platform.store.ping());
  });
});

describe("/api/", () => {
  test("goes to control and back as streams, with headers of its own and without those of others", async () => {
    await platform.control((request, response) => {
      response.writeHead(201, { "x-echo": JSON.stringify(request.headers), "x-fn-request-id": "forged" });
      request.pipe(response);
    });
    const body = Buffer.alloc(8 * 1024 * 1024, "z");
    const answer = await fetch(`${platform.url}/api/x?y=%20`, {
      method: "POST",
      body,
      headers: { authorization: "Bearer k", "x-fn-caller": "forged" },
    });
    expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(body)]).toEqual([201, true]);
    const seen = JSON.parse(answer.headers.get("x-echo") ?? "{}") as Record<string, string>;
    expect(seen).toMatchObject({ authorization: "Bearer k", "x-forwarded-for": "127.0.0.1", host: new URL(platform.url).host });
    expect(seen["x-fn-caller"]).toBeUndefined();
    expect(seen["x-fn-request-id"]).toBe(answer.headers.get("x-fn-request-id"));
  });

  test("a length that the Connection header names stays: the body cannot pass for a second call", async () => {
    const seen: string[] = [];
    await platform.control((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume().on("end", () => response.end());
    });
    const hidden = "GET /api/hidden HTTP/1.1\r\nhost: a\r\n\r\n";
    const lines = ["host: a", "connection: close, content-length", `content-length: ${hidden.length}`];
    await raw(`GET /api/x HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${hidden}`);
    expect(seen).toEqual(["GET /api/x"]);
  });

  test("control away: 503 CONTROL_UNAVAILABLE, with and without a body", async () => {
    for (const init of [{}, { method: "POST", body: Buffer.alloc(1_000_000) }]) {
      const answer = await fetch(`${platform.url}/api/functions`, init);
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await answer.json()).toMatchObject({ code: "CONTROL_UNAVAILABLE", requestId: answer.headers.get("x-fn-request-id") });
    }
  });

  test("control that dies in the middle of an answer cuts the connection", async () => {
    await platform.control((_, response) => {
      response.write("half");
      setTimeout(() => response.destroy(), 30);
    });
    const answer = await fetch(`${platform.url}/api/x`);
    await expect(answer.text()).rejects.toThrow();
  });

  test("a client that leaves ends the call to control", async () => {
    let left = false;
    await platform.control((_, response) => {
      response.write("following");
      response.on("close", () => (left = true));
    });
    const leaving = new AbortController();
    await fetch(`${platform.url}/api/logs`, { signal: leaving.signal });
    leaving.abort();
    await eventually(async () => expect(left).toBe(true));
  });

  test("once a change is answered, the next call meets the new version", async () => {
    const worker = platform.worker();
    await (await fetch(`${platform.url}/fn/echo`)).text();
    await platform.control((_, response) => {
      void platform.deploy("echo", {}, "d").then(() => response.end("moved"));
    });
    await (await fetch(`${platform.url}/api/functions/echo/aliases/live`, { method: "PUT" })).text();
    await (await fetch(`${platform.url}/fn/echo`)).text();
    expect(worker.served.at(-1)?.envelope.head.version).toBe(`sha256:${"d".repeat(64)}`);
  });
});
