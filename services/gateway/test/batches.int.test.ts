import { InvocationView, NO_QUOTAS, signCaller, type Limits } from "@zygo/contracts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Platform, record, SECRET, sha } from "./platform.ts";
import type { Served } from "./scripted-worker.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
  await platform.store.createTenant("acme", NO_QUOTAS);
  await platform.store.createTenant("slow", { ...NO_QUOTAS, requestsPerSecond: 1, burst: 1 });
});
afterAll(() => platform.end());
afterEach(() => platform.reset());

const QUEUE: Limits["queue"] = { batchSize: 10, maxWaitMs: 20, maxAttempts: 2, backoffMs: 10, concurrency: 2 };

async function deploy(name: string): Promise<void> {
  const version = sha("d");
  await platform.store.putVersion({ ...record(name, version, { queue: QUEUE }), handlers: ["queue"] });
  await platform.store.moveAlias({ name, alias: "live", version });
}

const post = (to: string, caller: string | null, messages: object[] = [{ body: { a: 1 } }], secret = SECRET): Promise<Response> =>
  fetch(`${platform.url}/queues/${to}`, {
    method: "POST",
    body: JSON.stringify({ messages }),
    headers: caller === null ? {} : { "x-fn-caller": signCaller({ function: caller, depth: 1 }, Date.now(), secret) },
  });
const code = async (answer: Response): Promise<unknown> => ((await answer.json()) as { code?: string }).code;
const end = async (id: string): Promise<InvocationView> =>
  InvocationView.parse(await (await fetch(`${platform.url}/invocations/${id}?wait=20`)).json());

test("a function sends within its tenant, and to no other, whatever it names", async () => {
  for (const name of ["mail", "acme.mail"]) await deploy(name);
  expect((await post("mail", "shop")).status).toBe(202);
  expect((await post("acme.mail", "acme.shop")).status).toBe(202);
  expect(await code(await post("acme.mail", "shop"))).toBe("FUNCTION_NOT_FOUND");
  expect(await code(await post("mail", "acme.shop"))).toBe("FUNCTION_NOT_FOUND");
  const { due, inFlight } = await platform.jobLane.messages.numbers("mail");
  expect(due + inFlight).toBe(1);
  for (const name of ["mail", "acme.mail"]) await platform.jobLane.messages.cancelAll(name, "over");
});

test("without a worker's signature there is nothing here", async () => {
  expect((await post("mail", null)).status).toBe(404);
  expect((await post("mail", "shop", undefined, "another secret")).status).toBe(404);
});

test("a tenant's rate holds for sending too", async () => {
  await deploy("slow.mail");
  const answers = await Promise.all(Array.from({ length: 5 }, () => post("slow.mail", "slow.shop")));
  expect(await Promise.all(answers.filter(({ status }) => status !== 202).map(code))).toContain("RATE_LIMITED");
  await platform.jobLane.messages.cancelAll("slow.mail", "over");
});

test("a batch is one invocation with its messages in it; what comes back decides about each", async () => {
  await deploy("sorted");
  const seen: Served[] = [];
  platform.worker((served) => {
    seen.push(served);
    served.claim();
    const { messages } = JSON.parse(String(served.envelope.body)) as { messages: { id: string; attempts: number }[] };
    const [first, second] = messages.map(({ id }) => id);
    const reply = messages.length === 1 ? { acks: [], retries: [] } : { acks: [first], retries: [{ id: second }, { id: "of another" }] };
    served.respond(200, [["content-type", "application/json"]], JSON.stringify(reply));
  });
  const { ids } = (await (await post("sorted", "shop", [{ body: "one" }, { body: { two: 2 } }])).json()) as { ids: string[] };
  const [one, two] = await Promise.all(ids.map(end));
  expect([one, two]).toMatchObject([
    { state: "succeeded", trigger: "queue", attempts: { length: 1 } },
    { state: "succeeded", attempts: { length: 2 } },
  ]);
  expect(seen[0]?.envelope.head).toMatchObject({ trigger: "queue", deliver: "queue", method: "POST", attempt: 1 });
  expect(JSON.parse(String(seen[0]?.envelope.body))).toMatchObject({
    queue: "sorted",
    messages: [
      { id: ids[0], attempts: 1, body: "one" },
      { id: ids[1], attempts: 1, body: { two: 2 } },
    ],
  });
});

test.each(["no JSON", '{"acks":"all"}', '{"acks":[],"retries":[{"id":"x","delaySeconds":-1}]}'])(
  "an answer to a batch that is none (%s) is the function's failure",
  async (answer) => {
    await deploy("bad");
    platform.worker((served) => {
      served.claim();
      served.respond(200, [], answer);
    });
    const { ids } = (await (await post("bad", "shop")).json()) as { ids: string[] };
    expect(await end(ids[0] ?? "")).toMatchObject({
      state: "failed",
      reason: "Its answer to a batch is none. That was the last attempt.",
      attempts: [{ code: "FUNCTION_PROTOCOL" }, { code: "FUNCTION_PROTOCOL" }],
    });
  },
);
