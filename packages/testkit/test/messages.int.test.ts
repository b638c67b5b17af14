import { join } from "node:path";
import type { DeadLetter, InvocationView, QueueView } from "@zygo/contracts";
import { example, settled, startPlatform, waitFor, type Held, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const fixture = join(import.meta.dirname, "fixtures/queues.ts");
let platform: Platform;
let before: Held;

beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(example("hello"));
  await fetch(platform.at("hello"));
  await platform.client.delete("hello");
  before = await platform.rest();
  await platform.deploy(fixture);
}, 60_000);
afterAll(() => platform?.stop());

interface Batch {
  names: string[];
  attempts: number[];
  trigger: string;
  queue: string;
}

/** The batches that the function wrote down, the oldest first. */
async function batches(message = "batch", name = "queues"): Promise<Batch[]> {
  const { stdout } = await platform.fn(["logs", name, "--json", "-n", "1000"]);
  const lines = stdout.split("\n").filter((text) => text !== "");
  const parsed = lines.map((text) => JSON.parse(text) as { message: string; fields: Batch });
  return parsed.filter((line) => line.message === message).map(({ fields }) => fields);
}

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await platform.fn([...args, "--json"]);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as T;
}

const send = async (...bodies: object[]): Promise<string[]> =>
  await platform.client.queues.send(
    "queues",
    bodies.map((body) => ({ body })),
  );
const SETTLED = new Set(["succeeded", "failed", "cancelled"]);
async function end(id: string): Promise<InvocationView> {
  let view = await platform.client.invocation(id);
  await waitFor("its end", async () => SETTLED.has((view = await platform.client.invocation(id, { waitS: 10 })).state), 60_000);
  return view;
}
const ends = (ids: string[]): Promise<InvocationView[]> => Promise.all(ids.map(end));
const states = async (ids: string[]): Promise<string[]> => (await ends(ids)).map(({ state }) => state);

test("what is sent from outside comes in batches, in order, and ends", async () => {
  const ids = await send(...["a", "b", "c", "d", "e", "f", "g"].map((name) => ({ name })));
  expect(await states(ids)).toEqual(Array(7).fill("succeeded"));
  const [first, second] = await batches();
  expect(first).toEqual({ names: ["a", "b", "c", "d", "e"], attempts: [1, 1, 1, 1, 1], trigger: "queue", queue: "queues" });
  expect(second?.names).toEqual(["f", "g"]);
});

test("a function sends to itself, and to others of its tenant, and to nobody else", async () => {
  const post = async (body: object): Promise<{ ids?: string[]; code?: string; message?: string }> =>
    (await (await fetch(platform.at("queues"), { method: "POST", body: JSON.stringify(body) })).json()) as { ids?: string[] };
  const own = await post({ messages: [{ body: { name: "own-1" } }, { body: { name: "own-2" } }] });
  expect(await states(own.ids ?? [])).toEqual(["succeeded", "succeeded"]);
  await platform.deploy(fixture, "--name", "other");
  expect(await states((await post({ to: "other", messages: [{ body: { name: "away" } }] })).ids ?? [])).toEqual(["succeeded"]);
  expect(await batches("batch", "other")).toMatchObject([{ names: ["away"], queue: "other" }]);
  await platform.deploy(example("hello"));
  const messages = [{ body: { name: "x" } }];
  expect(await post({ to: "hello", messages })).toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringContaining("no `queue` handler") as string,
  });
  expect(await post({ to: "nobody", messages })).toMatchObject({ code: "FUNCTION_NOT_FOUND" });
  expect(await post({ to: "acme.queues", messages })).toMatchObject({ code: "INVALID_REQUEST" });
  expect(await post({ messages: Array(101).fill(messages[0]) })).toMatchObject({ code: "INVALID_REQUEST" });
  expect(await post({ messages: [{ body: { name: "x".repeat(131_072) } }] })).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  expect(await post({ messages: [{ body: { name: "x" }, delaySeconds: 86_401 }] })).toMatchObject({ code: "INVALID_REQUEST" });
});

test("nobody outside speaks as a function", async () => {
  const answer = await fetch(`${platform.url}/queues/queues`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ body: 1 }] }),
    headers: { "x-fn-caller": `queues;1;${Date.now()};${"0".repeat(64)}` },
  });
  expect(answer.status).toBe(404);
});

test("each message has its own end: another try for one is none for its neighbours", async () => {
  const ids = await send({ name: "fine" }, { name: "third", at: 3 }, { name: "never", at: 9 });
  const [fine, third, never] = await ends(ids);
  expect([fine?.attempts.length, third?.attempts.length, never?.attempts.length]).toEqual([1, 3, 3]);
  expect([fine?.state, third?.state, never?.state]).toEqual(["succeeded", "succeeded", "failed"]);
  expect(never?.reason).toBe("The handler asked for another try. That was the last attempt.");
  const listed = await json<{ deadLetters: DeadLetter[] }>("dlq", "list", "-f", "queues");
  expect(listed.deadLetters.map(({ id }) => id)).toEqual([ids[2]]);
  expect((await platform.fn(["dlq", "redrive", ids[2] ?? ""])).stdout).toContain("queued again: 1");
  await waitFor("its second death", async () => (await platform.client.invocation(ids[2] ?? "")).attempts.length === 6, 20_000);
  await json("dlq", "purge", "--all");
});

test.each(["throws", "exits", "loops"] as const)(
  "a poisonous message that %s dies alone: its neighbours live",
  async (poison) => {
    const ids = await send({ name: "n1" }, { name: `p-${poison}`, poison }, { name: "n2" }, { name: "n3" }, { name: "n4" });
    expect(await states(ids)).toEqual(["succeeded", "failed", "succeeded", "succeeded", "succeeded"]);
    const dead = await platform.client.deadLetter(ids[1] ?? "");
    const reason = { throws: "p-throws is poison", exits: "process", loops: "deadline" }[poison];
    expect([dead.attempts.length, dead.reason]).toEqual([3, expect.stringContaining(reason) as string]);
    expect(dead.attempts[0]?.reason).toContain("It comes again alone.");
    // One that loops writes nothing down.
    if (poison === "loops") return;
    const times = (size: number): number =>
      written.filter(({ names }) => names.includes(`p-${poison}`) && (size === 1) === (names.length === 1)).length;
    const written = await batches();
    expect([times(5), times(1)]).toEqual([1, 2]);
  },
  90_000,
);

test("a message comes no sooner than asked for", async () => {
  const sentMs = Date.now();
  const { ids } = await json<{ ids: string[] }>("queue", "send", "queues", '{"name":"late"}', "--delay", "1500ms");
  const [late] = await ends(ids);
  expect(late?.attempts[0]?.startedMs).toBeGreaterThanOrEqual(sentMs + 1500);
});

test("paused, messages wait and are counted; resumed they run; purged they end with the reason", async () => {
  await json("queue", "pause", "queues");
  const lines = Array.from({ length: 120 }, (_, at) => JSON.stringify({ name: `l${at}` })).join("\n");
  const { ids } = JSON.parse((await platform.fn(["queue", "send", "queues", "--json"], { input: lines })).stdout) as { ids: string[] };
  expect(ids).toHaveLength(120);
  const { queues } = await json<{ queues: QueueView[] }>("queue", "ls");
  expect(queues.find((queue) => queue.function === "queues")).toMatchObject({ due: 120, inFlight: 0, paused: true, handled: true });
  const metrics = await (await fetch(`${platform.url}/metrics`)).text();
  expect(metrics).toContain('fn_queue_messages{function="queues",state="due"} 120');
  expect(metrics).toMatch(/fn_queue_oldest_seconds\{function="queues"\} \d/);
  await json("queue", "resume", "queues");
  expect(new Set(await states(ids))).toEqual(new Set(["succeeded"]));
  await json("queue", "pause", "queues");
  const gone = await send({ name: "purged" });
  expect(await json("queue", "purge", "queues")).toMatchObject({ cancelled: 1, queue: { due: 0 } });
  expect((await end(gone[0] ?? "")).reason).toBe("The queue was purged.");
  await json("queue", "resume", "queues");
  expect((await platform.fn(["queue", "send", "queues", "no json"])).stderr).toContain("is not JSON");
});

describe("kill -9 in the midst of a batch", () => {
  const running = (id: string): Promise<boolean> =>
    waitFor("it to run", async () => (await batches()).some(({ names }) => names.includes(id)), 10_000);

  test.each([
    ["worker", "WORKER_LOST"],
    ["gateway", "GATEWAY_LOST"],
  ] as const)(
    "of the %s: each message comes again, and none loses an attempt",
    async (service, code) => {
      const ids = await send({ name: `${service}-1`, slow: 2500 }, { name: `${service}-2`, at: 3 });
      await running(`${service}-1`);
      process.kill(platform.pids()[service] as number, "SIGKILL");
      await waitFor("an answer", async () => await fetch(platform.url).then(Boolean, () => false), 15_000);
      const [first, second] = await ends(ids);
      expect([first?.state, second?.state]).toEqual(["succeeded", "succeeded"]);
      expect(first?.attempts[0]?.code).toBe(code);
      // Three that count, and the one that was lost.
      expect(second?.attempts).toHaveLength(4);
    },
    90_000,
  );

  test("of the jobs' Redis: what was accepted comes", async () => {
    const ids = await send({ name: "redis-1" }, { name: "redis-2" });
    process.kill(platform.pids().jobs as number, "SIGKILL");
    await waitFor("Redis", async () => await platform.client.invocation(ids[0] ?? "").then(Boolean, () => false), 15_000);
    expect(await states(ids)).toEqual(["succeeded", "succeeded"]);
  });
});

test("a deleted function ends its jobs and messages, with the reason, and leaves nothing", async () => {
  // Control's own connection to the Redis that was just killed may come back after the gateway's.
  await waitFor("control's queue", async () => (await platform.fn(["queue", "ls"])).code === 0, 15_000);
  for (const name of ["hello", "other"]) await platform.client.delete(name);
  await json("queue", "pause", "queues");
  const [message = ""] = await send({ name: "left" });
  const job = await fetch(platform.at("queues"), { method: "POST", headers: { prefer: "respond-async", "x-fn-delay": "1h" }, body: "{}" });
  const { id } = (await job.json()) as { id: string };
  await platform.client.delete("queues");
  for (const view of await ends([message, id]))
    expect([view.state, view.reason, view.attempts]).toEqual(["cancelled", "The function was deleted.", []]);
  expect(await json("queue", "ls")).toEqual({ queues: [] });
  const { mounts: _, ...now } = await settled(before, () => ({ ...platform.held(), mounts: before.mounts }), 20_000);
  expect(now).toEqual({ ...now, processes: before.processes, cgroups: before.cgroups, fds: before.fds });
});
