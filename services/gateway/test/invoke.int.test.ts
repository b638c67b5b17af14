import { setTimeout as sleep } from "node:timers/promises";
import { signCaller } from "@zygo/contracts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answerOk, eventually, Platform, record, SECRET, sha } from "./platform.ts";

let platform: Platform;
let live: string;

beforeAll(async () => {
  platform = await Platform.start();
  live = await platform.deploy("echo");
});
afterEach(() => platform.reset());
afterAll(() => platform.end());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(platform.url + path, init);

test("an answer with every header that is promised, and one log line with the phases", async () => {
  platform.worker();
  const answer = await get("/fn/echo/x?secret=1");
  expect([answer.status, await answer.text()]).toEqual([200, "ok"]);
  expect(answer.headers.get("x-fn-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(answer.headers.get("x-fn-version")).toBe("aaaaaaaaaaaa");
  expect(answer.headers.get("x-fn-start")).toBe("hot");
  expect(answer.headers.get("server-timing")).toBe("queue;dur=0.5, start;dur=0.125, init;dur=0, handler;dur=0.25");
  expect(answer.headers.get("content-length")).toBe("2");
  const line = await platform.line(answer);
  expect(line).toMatchObject({
    level: "info",
    service: "gateway",
    function: "echo",
    version: live,
    path: "/fn/echo/x",
    status: 200,
    start: "hot",
    worker: "scripted",
    bytesOut: 2,
  });
  expect(JSON.stringify(line)).not.toContain("secret=1");
});

test("the function sees the path after its name byte for byte, the true host, and who came", async () => {
  const worker = platform.worker();
  for (const path of ["/fn/echo", "/fn/echo?q", "/fn/echo/", "/fn/echo/a%2Fb//..%20/?x=%41&y"]) await (await get(path)).text();
  const { host } = new URL(platform.url);
  expect(worker.served.map(({ envelope }) => envelope.head.url)).toEqual([
    `http://${host}/`,
    `http://${host}/?q`,
    `http://${host}/`,
    `http://${host}/a%2Fb//..%20/?x=%41&y`,
  ]);
  const [first] = worker.served;
  expect(first?.header("x-forwarded-for")).toEqual(["127.0.0.1"]);
  expect(first?.envelope.head).toMatchObject({
    function: "echo",
    version: live,
    method: "GET",
    trigger: "http",
    attempt: 1,
    complete: true,
    gateway: platform.gateway.workerAddress,
  });
});

describe("which version", () => {
  beforeAll(async () => {
    await platform.deploy("many", {}, "b");
    await platform.store.putVersion(record("many", `sha256:${"c".repeat(63)}1`));
    await platform.store.putVersion(record("many", `sha256:${"c".repeat(63)}2`));
    await platform.store.moveAlias({ name: "many", alias: "canary", version: `sha256:${"c".repeat(63)}1` });
  });

  test.each([
    ["many", sha("b")],
    ["many@live", sha("b")],
    ["many%40live", sha("b")],
    ["many@canary", `sha256:${"c".repeat(63)}1`],
    ["many@bbbbbb", sha("b")],
    [`many@${sha("b")}`, sha("b")],
    [`many@${"c".repeat(63)}2`, `sha256:${"c".repeat(63)}2`],
  ])("%s", async (name, version) => {
    const worker = platform.worker();
    expect((await get(`/fn/${name}/`)).status).toBe(200);
    expect(worker.served[0]?.envelope.head.version).toBe(version);
  });

  test.each([
    ["many@nope", 404, "VERSION_NOT_FOUND"],
    ["many@bbbbb", 404, "VERSION_NOT_FOUND"],
    ["many@cccccc", 400, "INVALID_REQUEST"],
    ["many@", 404, "VERSION_NOT_FOUND"],
    ["many@constructor", 404, "VERSION_NOT_FOUND"],
    ["missing", 404, "FUNCTION_NOT_FOUND"],
    ["Not-A-Name", 404, "FUNCTION_NOT_FOUND"],
    ["", 404, "FUNCTION_NOT_FOUND"],
    ["%E0%A4%A", 404, "FUNCTION_NOT_FOUND"],
  ])("%s: %d %s", async (name, status, code) => {
    const answer = await get(`/fn/${name}/`);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("server-timing")).toBe("queue, start, init, handler");
    expect(await answer.json()).toMatchObject({ status, code, requestId: answer.headers.get("x-fn-request-id") });
    expect(answer.status).toBe(status);
  });

  test("a moved alias is followed", async () => {
    const worker = platform.worker();
    await (await get("/fn/many")).text();
    await platform.store.moveAlias({ name: "many", alias: "live", version: `sha256:${"c".repeat(63)}2` });
    await eventually(async () => {
      await (await get("/fn/many")).text();
      expect(worker.served.at(-1)?.envelope.head.version).toBe(`sha256:${"c".repeat(63)}2`);
    });
  });
});

describe("failures", () => {
  test.each(["FUNCTION_ERROR", "FUNCTION_OOM", "FUNCTION_TIMEOUT", "OVERLOADED"])("%s passes through", async (code) => {
    platform.worker((served) => {
      served.claim();
      served.fail({ code, detail: "It did.", start: "cold", error: { name: "Error", message: "boom", stack: "at secret.ts" } });
    });
    const answer = await get("/fn/echo");
    expect(await answer.json()).toMatchObject({ code, detail: "It did." });
    expect([answer.headers.get("x-fn-start"), answer.headers.get("x-fn-version")]).toEqual(["cold", "aaaaaaaaaaaa"]);
    expect(await platform.line(answer)).toMatchObject({ code, error: { message: "boom", stack: "at secret.ts" } });
  });

  test("an unknown code is INTERNAL and gives nothing away", async () => {
    platform.worker((served) => {
      served.claim();
      served.fail({ code: "ENOENT", detail: "/etc/passwd" });
    });
    const answer = await get("/fn/echo");
    const text = await answer.text();
    expect([answer.status, text.includes("passwd")]).toEqual([500, false]);
    expect(JSON.parse(text)).toMatchObject({ code: "INTERNAL", requestId: answer.headers.get("x-fn-request-id") });
  });

  test("the link breaks after the claim: WORKER_LOST at once; the next worker serves", async () => {
    const worker = platform.worker((served) => {
      served.claim();
      setTimeout(() => worker.cut(), 30);
    });
    const startMs = performance.now();
    const answer = await get("/fn/echo");
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, "WORKER_LOST"]);
    expect(performance.now() - startMs).toBeLessThan(1000);
    await platform.reset();
    platform.worker();
    expect((await get("/fn/echo")).status).toBe(200);
  });

  test("the link breaks in the middle of the answer: the client sees that it is cut", async () => {
    const worker = platform.worker((served) => {
      served.claim();
      served.respond(200, [], "half", false);
      setTimeout(() => worker.cut(), 50);
    });
    const answer = await get("/fn/echo");
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    expect(await platform.line(answer)).toMatchObject({ code: "WORKER_LOST", status: 200 });
  });

  test("nobody takes it: QUEUE_TIMEOUT at the deadline, and it is out of the queue", async () => {
    await platform.deploy("hasty", { timeoutMs: 200 });
    const startMs = performance.now();
    const answer = await get("/fn/hasty");
    expect(await answer.json()).toMatchObject({ code: "QUEUE_TIMEOUT", status: 504 });
    expect(performance.now() - startMs).toBeGreaterThan(190);
    await eventually(async () => expect(await platform.lane.depth()).toBe(0));
  });

  test("the worker hangs: FUNCTION_TIMEOUT two seconds after the deadline, and the worker is told", async () => {
    await platform.deploy("hasty", { timeoutMs: 100 });
    const worker = platform.worker((served) => served.claim());
    const startMs = performance.now();
    const answer = await get("/fn/hasty");
    expect(await answer.json()).toMatchObject({ code: "FUNCTION_TIMEOUT", status: 504 });
    expect(performance.now() - startMs).toBeGreaterThan(2000);
    await worker.served[0]?.until(() => worker.served[0]?.cancelled ?? false, "cancel");
  });

  test("more than a version may have in flight: OVERLOADED with retry-after, the rest is served", async () => {
    await platform.deploy("tiny", { maxInstances: 1, concurrency: 1 });
    let answered = 0;
    const answers = Array.from({ length: 300 }, () => get("/fn/tiny").finally(() => answered++));
    await eventually(async () => expect([await platform.lane.depth(), answered]).toEqual([257, 43]));
    platform.worker();
    const statuses = (await Promise.all(answers)).map((answer) => [answer.status, answer.headers.get("retry-after")].join());
    expect(statuses.filter((status) => status === "200,")).toHaveLength(257);
    expect(statuses.filter((status) => status === "503,1")).toHaveLength(43);
  });
});

describe("Redis away", () => {
  test("down: 503 QUEUE_UNAVAILABLE within a second; served again by itself", async () => {
    platform.worker();
    expect((await get("/fn/echo")).status).toBe(200);
    await platform.redis.down();
    const startMs = performance.now();
    const answer = await get("/fn/echo");
    expect(performance.now() - startMs).toBeLessThan(1000);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await answer.json()).toMatchObject({ code: "QUEUE_UNAVAILABLE", retryable: true });
    await platform.redis.up();
    await eventually(async () => platform.deploy("echo"));
    await eventually(async () => expect((await get("/fn/echo")).status).toBe(200));
  });

  test("hanging: 503 within a second; served again by itself", async () => {
    platform.worker();
    expect((await get("/fn/echo")).status).toBe(200);
    platform.redis.hang();
    try {
      for (let times = 0; times < 2; times++) {
        const startMs = performance.now();
        const answer = await get("/fn/echo");
        expect(performance.now() - startMs).toBeLessThan(1100);
        expect(await answer.json()).toMatchObject({ code: "QUEUE_UNAVAILABLE" });
      }
    } finally {
      platform.redis.resume();
    }
    await eventually(async () => expect((await get("/fn/echo")).status).toBe(200));
  });
});

describe("function-to-function calls", () => {
  const header = (depth: number, nowMs = Date.now(), secret = SECRET): Record<string, string> => ({
    "x-fn-caller": signCaller({ function: "shop", depth }, nowMs, secret),
    "x-fn-depth": "0",
    "x-fn-request-id": "mine",
  });

  test("a signed caller reaches the function, with its depth", async () => {
    const worker = platform.worker();
    const answer = await get("/fn/echo", { headers: header(3) });
    const [served] = worker.served;
    expect([served?.header("x-fn-caller"), served?.header("x-fn-depth"), served?.header("x-fn-request-id")]).toEqual([["shop"], ["3"], []]);
    expect(served?.envelope.head.trigger).toBe("function");
    expect(answer.headers.get("x-fn-request-id")).not.toBe("mine");
  });

  test.each([
    ["a wrong secret", header(3, Date.now(), "00".repeat(32))],
    ["an old signature", header(3, Date.now() - 60_000)],
    ["no signature", { "x-fn-caller": "shop", "x-fn-depth": "7" }],
  ])("%s reaches it as a call from outside", async (_, headers) => {
    const worker = platform.worker();
    expect((await get("/fn/echo", { headers })).status).toBe(200);
    expect([worker.served[0]?.header("x-fn-caller"), worker.served[0]?.header("x-fn-depth")]).toEqual([[], []]);
    expect(worker.served[0]?.envelope.head.trigger).toBe("http");
  });

  test("too deep: CALL_DEPTH_EXCEEDED, nothing is queued", async () => {
    const answer = await get("/fn/echo", { headers: header(8) });
    expect(await answer.json()).toMatchObject({ code: "CALL_DEPTH_EXCEEDED", status: 508 });
    expect(await platform.lane.depth()).toBe(0);
  });
});

test("the client leaves before a worker takes it: it is out of the queue", async () => {
  const leaving = new AbortController();
  const asked = get("/fn/echo", { signal: leaving.signal }).catch(() => "left");
  await eventually(async () => expect(await platform.lane.depth()).toBe(1));
  leaving.abort();
  expect(await asked).toBe("left");
  await eventually(async () => expect(await platform.lane.depth()).toBe(0));
});

test("the client leaves after the claim: the worker gets a cancel, the log a 499", async () => {
  const worker = platform.worker((served) => served.claim());
  const leaving = new AbortController();
  const asked = get("/fn/echo", { signal: leaving.signal }).catch(() => "left");
  await eventually(async () => expect(worker.served).toHaveLength(1));
  await sleep(20);
  leaving.abort();
  expect(await asked).toBe("left");
  const [served] = worker.served;
  await served?.until(() => served.cancelled, "cancel");
  const id = served?.envelope.head.requestId;
  await eventually(async () =>
    expect(platform.lines.find((line) => line["requestId"] === id)).toMatchObject({ code: "CLIENT_CLOSED_REQUEST", status: 499 }),
  );
});

test("a claim for one whose client has left is answered with a cancel", async () => {
  const leaving = new AbortController();
  const worker = platform.worker((served) => {
    leaving.abort();
    setTimeout(() => served.claim(), 50);
  });
  await get("/fn/echo", { signal: leaving.signal }).catch(() => "left");
  const [served] = worker.served;
  await served?.until(() => served.cancelled, "cancel");
});

test("500 at a time, each with its own answer", async () => {
  platform.worker((served) => {
    served.claim();
    const { head, body } = served.envelope;
    served.respond(200, [], `${new URL(head.url).pathname} ${String(body)}`);
  });
  const asked = Array.from({ length: 500 }, async (_, index) =>
    (await get(`/fn/echo/${index}`, { method: "POST", body: `body ${index}` })).text(),
  );
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 500 }, (_, index) => `/${index} body ${index}`));
});

test("in flight is nought when all are answered", async () => {
  platform.worker(answerOk);
  await (await get("/fn/echo")).text();
  expect(await (await get("/metrics")).text()).toContain("fn_in_flight 0\n");
});
