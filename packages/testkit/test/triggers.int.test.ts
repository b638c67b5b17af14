import { createHmac } from "node:crypto";
import { join } from "node:path";
import { example, settled, startPlatform, waitFor, type Held, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let platform: Platform;
let before: Held;
const fixture = join(import.meta.dirname, "fixtures/triggered.ts");

beforeAll(async () => {
  platform = await startPlatform();
  // A first call opens what the worker keeps: its connection to the gateway.
  await platform.deploy(example("hello"));
  await fetch(platform.at("hello"));
  await platform.client.delete("hello");
  before = await platform.rest();
  await platform.deploy(fixture);
}, 60_000);
afterAll(() => platform?.stop());

interface Line {
  message: string;
  fields?: { trigger: string; name?: string; slot?: string; manual?: boolean; headers?: Record<string, string>; body?: string };
}

async function lines(message: string): Promise<Line[]> {
  const { stdout } = await platform.fn(["logs", "triggered", "--json", "-n", "1000"]);
  const all = stdout
    .trim()
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Line);
  return all.filter((line) => line.message === message);
}

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await platform.fn([...args, "--json"]);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as T;
}

test("config.cron fires slot after slot, each once, and each leaves a record", async () => {
  await waitFor("three slots", async () => (await lines("slot")).length >= 3, 20_000);
  const told = (await lines("slot")).map(({ fields }) => fields!);
  expect(told.every(({ trigger, name, manual }) => trigger === "cron" && name === "often" && manual === false)).toBe(true);
  expect(new Set(told.map(({ slot }) => slot)).size).toBe(told.length);
  const { slots } = await json<{ slots: { state: string }[] }>("cron", "history", "triggered", "often");
  expect(slots.some(({ state }) => state === "succeeded")).toBe(true);
});

test("pause, run by hand, add and remove", async () => {
  await json("cron", "pause", "triggered", "often");
  await json("cron", "run", "triggered", "often");
  await waitFor("the run by hand", async () => (await lines("slot")).some(({ fields }) => fields?.manual === true), 20_000);
  const added = await json<{ name: string; next: number[] }>(
    "cron",
    "add",
    "triggered",
    "30 2 * * *",
    "--zone",
    "Europe/Berlin",
    "--name",
    "night",
  );
  expect([added.name, added.next.length]).toEqual(["night", 5]);
  const { schedules } = await json<{ schedules: { name: string; paused: boolean; source: string }[] }>("cron", "ls");
  expect(schedules.map(({ name, paused, source }) => [name, paused, source])).toEqual([
    ["night", false, "api"],
    ["often", true, "config"],
  ]);
  await json("cron", "rm", "triggered", "night");
  expect((await platform.fn(["cron", "rm", "triggered", "often"])).stderr).toContain("stands in the function's config");
  expect((await platform.fn(["cron", "add", "triggered", "61 * * * *"])).stderr).toContain("minute");
});

test("a webhook: signed deliveries run the function once, others are refused", async () => {
  const made = await json<{ secret: string; webhook: { url: string } }>("webhook", "create", "repo", "triggered", "--provider", "github");
  const body = '{"ref": "refs/heads/main",  "n": 1}';
  const post = (delivery: string, secret: string, text = body): Promise<Response> => {
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const headers = { "x-github-event": "push", "x-github-delivery": delivery, "x-hub-signature-256": signature };
    return fetch(made.webhook.url, { method: "POST", headers, body: text });
  };
  const accepted = await post("d-1", made.secret);
  expect([accepted.status, accepted.headers.get("location")]).toEqual([202, expect.stringMatching(/^\/invocations\//) as string]);
  expect(await (await post("d-1", made.secret)).json()).toMatchObject({ duplicate: true });
  expect((await post("d-2", "wrong")).status).toBe(401);
  expect((await post("d-2", made.secret, `${body} `)).status).toBe(401);
  expect((await fetch(made.webhook.url, { method: "POST", body })).status).toBe(401);
  expect((await fetch(made.webhook.url)).status).toBe(405);
  const rotated = await json<{ secret: string }>("webhook", "rotate", "repo");
  expect([(await post("d-3", rotated.secret)).status, (await post("d-4", made.secret)).status]).toEqual([202, 202]);
  expect((await json<{ status: number }>("webhook", "test", "repo")).status).toBe(202);
  await waitFor("four deliveries", async () => (await lines("delivery")).length >= 4, 20_000);
  const deliveries = (await lines("delivery")).map(({ fields }) => fields!);
  expect(
    deliveries
      .map(({ headers }) => headers?.["x-fn-webhook-delivery"])
      .filter((id) => id?.startsWith("d-"))
      .sort(),
  ).toEqual(["d-1", "d-3", "d-4"]);
  expect(deliveries[0]).toMatchObject({
    trigger: "webhook",
    body,
    headers: { "x-fn-webhook-event": "push", "x-fn-webhook-provider": "github" },
  });
  expect((await platform.fn(["webhook", "ls", "--json"])).stdout).not.toContain(made.secret);
});

test("a deleted function leaves nothing: no schedule, webhook, process, mount, cgroup, network namespace or descriptor", async () => {
  await platform.client.delete("triggered");
  expect(await json("cron", "ls")).toEqual({ schedules: [] });
  expect(await json("webhook", "ls")).toEqual({ webhooks: [] });
  expect((await fetch(`${platform.url}/hooks/repo`, { method: "POST", body: "{}" })).status).toBe(401);
  expect(await settled(before, () => platform.held(), 20_000)).toEqual(before);
});
