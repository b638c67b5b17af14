import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { InvocationView } from "@zygo/contracts";
import { createSealer, sealSecret } from "@zygo/store";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Platform, answerOk, eventually, record, SECRETS_KEY } from "./platform.ts";
import type { Served } from "./scripted-worker.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform.end());
afterEach(() => platform.reset());

const ASYNC = { prefer: "respond-async" };
const QUICK = { retry: { attempts: 3, backoffMs: 10, maxBackoffMs: 20, maxAgeMs: 60_000 } };

async function accept(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${platform.url}${path}`, { method: "POST", ...init, headers: { ...ASYNC, ...(init.headers as object) } });
  expect(answer.status).toBe(202);
  expect(answer.headers.get("preference-applied")).toBe("respond-async");
  return answer.headers.get("location") ?? "";
}

async function view(location: string, wait = 10): Promise<InvocationView> {
  return InvocationView.parse(await (await fetch(`${platform.url}${location}?wait=${wait}`)).json());
}

const answering =
  (...statuses: number[]) =>
  (served: Served): void => {
    served.claim();
    served.respond(
      statuses[served.envelope.head.attempt - 1] ?? statuses.at(-1) ?? 200,
      [["x-a", "b"]],
      `try ${served.envelope.head.attempt}`,
    );
  };

test("202 with a place to ask, and there the function's own answer", async () => {
  await platform.deploy("first");
  const seen: Served[] = [];
  platform.worker((served) => {
    seen.push(served);
    answering(201)(served);
  });
  const location = await accept("/fn/first/path?q=1", { body: "hi", headers: { "x-own": "1" } });
  const settled = await view(location);
  expect(settled).toMatchObject({ state: "succeeded", trigger: "async", attempts: [{ number: 1, status: 201, code: null }] });
  expect(settled.answer).toMatchObject({ status: 201, body: "try 1", bodyEncoding: "utf8" });
  expect(settled.answer?.headers).toContainEqual(["x-a", "b"]);
  const { head, body } = seen[0]!.envelope;
  expect(head).toMatchObject({ trigger: "async", attempt: 1, deliver: "fetch", method: "POST" });
  expect(head.url).toMatch(/\/path\?q=1$/);
  expect([String(body), seen[0]?.header("x-own"), seen[0]?.header("prefer")]).toEqual(["hi", ["1"], []]);
  const raw = await fetch(`${platform.url}${location}/answer`);
  expect([raw.status, await raw.text()]).toEqual([201, "try 1"]);
});

test("what fails is tried again, with its number, until it succeeds", async () => {
  await platform.deploy("flaky", QUICK);
  platform.worker(answering(500, 503, 200));
  const settled = await view(await accept("/fn/flaky"));
  expect(settled.state).toBe("succeeded");
  expect(settled.attempts.map(({ number, status }) => [number, status])).toEqual([
    [1, 500],
    [2, 503],
    [3, 200],
  ]);
  expect(settled.attempts[0]?.nextMs).toBeGreaterThan(0);
});

test("a 4xx goes to the dead letters at once, 5xx when its attempts are used up; each with its reason", async () => {
  await platform.deploy("bad", QUICK);
  platform.worker((served) => answering(Number(served.envelope.head.url.slice(-3)))(served));
  const [gone, down] = await Promise.all(["410", "500"].map(async (status) => await view(await accept(`/fn/bad/${status}`))));
  expect(gone).toMatchObject({ state: "failed", reason: "It answered 410. Trying again would not help." });
  expect(gone?.attempts).toHaveLength(1);
  expect(down).toMatchObject({ state: "failed", reason: "It answered 500. That was the last attempt." });
  expect(down?.attempts).toHaveLength(3);
  const metrics = await (await fetch(`${platform.url}/metrics`)).text();
  expect(metrics).toContain('fn_dead_letters_total{function="bad"} 2');
});

test("a lost worker is a reason to try again", async () => {
  await platform.deploy("lost", QUICK);
  const first = platform.worker((served) => served.claim());
  const location = await accept("/fn/lost");
  await eventually(async () => expect((await view(location, 0)).state).toBe("running"));
  await first.stop();
  platform.worker();
  expect((await view(location)).attempts).toMatchObject([
    { number: 1, code: "WORKER_LOST" },
    { number: 2, status: 200 },
  ]);
});

test("cancelled while it waits: it never runs; while it runs: the worker is told", async () => {
  await platform.deploy("slow");
  const seen: Served[] = [];
  platform.worker((served) => {
    seen.push(served);
    served.claim();
  });
  const waiting = await accept("/fn/slow", { headers: { "x-fn-delay": "1h" } });
  expect((await fetch(`${platform.url}${waiting}`, { method: "DELETE" })).status).toBe(204);
  expect((await view(waiting)).state).toBe("cancelled");
  expect((await fetch(`${platform.url}${waiting}`, { method: "DELETE" })).status).toBe(409);
  const running = await accept("/fn/slow");
  await eventually(() => Promise.resolve(expect(seen).toHaveLength(1)));
  await fetch(`${platform.url}${running}`, { method: "DELETE" });
  expect(await view(running)).toMatchObject({ state: "cancelled", attempts: [{ code: "INVOCATION_CANCELLED" }] });
  await seen[0]!.until(() => seen[0]!.cancelled, "cancel");
  expect(seen).toHaveLength(1);
});

test("x-fn-delay puts it off, and bad preferences are refused", async () => {
  await platform.deploy("later");
  platform.worker();
  const startedMs = Date.now();
  const settled = await view(await accept("/fn/later", { headers: { "x-fn-delay": "300ms" } }));
  expect(settled.settledMs! - startedMs).toBeGreaterThanOrEqual(300);
  const bad = await fetch(`${platform.url}/fn/later`, { headers: { ...ASYNC, "x-fn-delay": "soon" } });
  expect([bad.status, ((await bad.json()) as { code: string }).code]).toEqual([400, "INVALID_REQUEST"]);
});

test("Prefer: wait: the answer itself when it comes in time, else 202, and it goes on", async () => {
  await platform.deploy("waited");
  const held: Served[] = [];
  platform.worker((served) => {
    if (!served.envelope.head.url.endsWith("/slow")) return answerOk(served);
    served.claim();
    held.push(served);
  });
  const quick = await fetch(`${platform.url}/fn/waited`, { headers: { prefer: "wait=5" } });
  expect([quick.status, await quick.text()]).toEqual([200, "ok"]);
  const late = await fetch(`${platform.url}/fn/waited/slow`, { headers: { prefer: "wait=1" } });
  expect(late.status).toBe(202);
  held[0]!.respond(200, [], "late");
  expect((await view(late.headers.get("location") ?? "")).state).toBe("succeeded");
  expect(held).toHaveLength(1);
});

test("an Idempotency-Key on asynchronous calls: the same invocation; another body is refused", async () => {
  await platform.deploy("idem");
  platform.worker();
  const headers = { "idempotency-key": "k1" };
  const first = await accept("/fn/idem", { body: "a", headers });
  expect(await accept("/fn/idem", { body: "a", headers })).toBe(first);
  const other = await fetch(`${platform.url}/fn/idem`, { method: "POST", body: "b", headers: { ...ASYNC, ...headers } });
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
  // What is left running would be run again, by the next test's worker.
  await view(first);
});

test("an Idempotency-Key on synchronous calls: one execution, its answer replayed and marked", async () => {
  await platform.deploy("pay");
  const held: Served[] = [];
  platform.worker((served) => void held.push(served));
  const call = async (body: string): Promise<Response> =>
    await fetch(`${platform.url}/fn/pay`, { method: "POST", body, headers: { "idempotency-key": "order 1" } });
  const first = call("10");
  await eventually(() => Promise.resolve(expect(held).toHaveLength(1)));
  expect([(await call("10")).status, (await call("11")).status]).toEqual([409, 422]);
  held[0]!.claim();
  held[0]!.respond(201, [["x-receipt", "7"]], "paid");
  const [answer, again] = [await first, await call("10")];
  for (const one of [answer, again]) expect([one.status, one.headers.get("x-receipt"), await one.text()]).toEqual([201, "7", "paid"]);
  expect([answer.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")]).toEqual([null, "true"]);
  expect(again.headers.get("x-fn-request-id")).not.toBe(answer.headers.get("x-fn-request-id"));
  expect(held).toHaveLength(1);
});

test("a body too large for Redis goes by way of the payload store, byte for byte", async () => {
  await platform.deploy("large");
  const bytes = Buffer.alloc(300_000, "abc");
  platform.worker((served) => {
    served.claim();
    void served.until(() => served.ended, "end").then(() => served.respond(200, [], String(bytes.equals(Buffer.concat(served.body)))));
    served.onFrame = ((before) => (type: number) => {
      before(type);
      served.window(65_536);
    })(served.onFrame);
  });
  const settled = await view(await accept("/fn/large", { body: bytes }));
  expect(settled.answer?.body).toBe("true");
});

test("results go on: to a function, and to a URL, signed with a sealed secret as Standard Webhooks say", async () => {
  const got = Promise.withResolvers<{ headers: IncomingMessage["headers"]; body: string }>();
  let tries = 0;
  const sink = createServer((request, response) => {
    void text(request).then((body) => {
      response.writeHead(++tries === 1 ? 500 : 200).end();
      if (tries === 2) got.resolve({ headers: request.headers, body });
    });
  }).listen(0, "127.0.0.1");
  await once(sink, "listening");
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`;
  await platform.deploy("collector");
  const version = `sha256:${"c".repeat(64)}`;
  const limits = { ...QUICK, onSuccess: { function: "collector" }, onFailure: { url, secretEnv: "SECRET" } };
  const place = { tenant: "default", function: "source", name: "SECRET" };
  await platform.store.putSecret(place, sealSecret(createSealer(SECRETS_KEY), place, "whsec_c2VjcmV0"));
  await platform.store.putVersion(record("source", version, limits));
  await platform.store.moveAlias({ name: "source", alias: "live", version });
  const collected: string[] = [];
  platform.worker((served) => {
    if (served.envelope.head.function === "collector") collected.push(String(served.envelope.body));
    answering(Number(/\d{3}$/.exec(served.envelope.head.url)?.[0] ?? 200))(served);
  });
  const fine = await view(await accept("/fn/source/200"));
  await eventually(() => Promise.resolve(expect(collected).toHaveLength(1)));
  expect(JSON.parse(collected[0]!)).toMatchObject({ id: fine.id, state: "succeeded", answer: { status: 200, body: "try 1" } });
  const bad = await view(await accept("/fn/source/404"));
  const { headers, body } = await got.promise;
  expect(JSON.parse(body)).toMatchObject({ id: bad.id, state: "failed", attempts: [{ status: 404 }] });
  const mac = createHmac("sha256", "secret").update(`${headers["webhook-id"] as string}.${headers["webhook-timestamp"] as string}.${body}`);
  expect(headers["webhook-signature"]).toBe(`v1,${mac.digest("base64")}`);
  sink.close();
});

test('onFailure "none": nobody is told of a failure; null: whom the config names', async () => {
  await platform.deploy("told");
  await platform.deploy("fails", { ...QUICK, onFailure: { function: "told" } });
  const told: string[] = [];
  platform.worker((served) => {
    const { function: name } = served.envelope.head;
    if (name === "told") told.push((JSON.parse(String(served.envelope.body)) as { id: string }).id);
    answering(name === "told" ? 200 : 404)(served);
  });
  const run = async (onFailure: "none" | null): Promise<string> => {
    const { id } = await platform.jobLane.enqueue({ function: "fails", url: "http://fails.fn.internal/", onFailure });
    expect((await view(`/invocations/${id}`)).state).toBe("failed");
    return id;
  };
  await run("none");
  // A result is queued before its invocation is settled: one of the first would come before this one's.
  const second = await run(null);
  await eventually(() => Promise.resolve(expect(told).toEqual([second])));
});

test("Redis away: 503 with Retry-After, never a 202", async () => {
  await platform.deploy("away");
  await platform.redis.down();
  try {
    const answer = await fetch(`${platform.url}/fn/away`, { method: "POST", headers: ASYNC });
    expect([answer.status, answer.headers.get("retry-after"), ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      "1",
      "QUEUE_UNAVAILABLE",
    ]);
  } finally {
    await platform.redis.up();
  }
});
