import { MAX_MESSAGE_BYTES } from "@zygo/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loads } from "./scripted-worker.ts";
import { startControl, uploadOf, type Control } from "./control.ts";

let control: Control;
beforeAll(async () => {
  control = await startControl();
  await control.client.deploy(uploadOf("plain", { name: "plain" }));
  control.worker.script = () => loads({ queue: { batchSize: 3 } }, ["fetch", "queue"]);
  await control.client.deploy(uploadOf("mail", { name: "mail" }));
});
afterAll(() => control.end());

const queues = () => control.client.queues;

test("what is sent is there, with the ids of invocations", async () => {
  const ids = await queues().send("mail", [{ body: { a: 1 } }, { body: null, delaySeconds: 60 }]);
  expect(await control.jobs.records.find(ids[0] ?? "")).toMatchObject({ state: "queued", job: { deliver: "queue", function: "mail" } });
  expect(await queues().get("mail")).toEqual({
    ...{ function: "mail", due: 1, delayed: 1, inFlight: 0, oldestMs: expect.any(Number) as number },
    ...{ paused: false, handled: true, dead: 0 },
  });
  expect((await queues().list()).map(({ function: name }) => name)).toEqual(["mail"]);
});

test.each([
  ["no messages", { messages: [] }, "INVALID_REQUEST", "body.messages"],
  ["too many", { messages: Array(101).fill({ body: 1 }) }, "INVALID_REQUEST", "<=100"],
  ["no body", { messages: [{}] }, "INVALID_REQUEST", "body.messages.0.body"],
  ["a member that is none", { messages: [{ body: 1, delay: 2 }] }, "INVALID_REQUEST", "delay"],
  ["a delay that is too long", { messages: [{ body: 1, delaySeconds: 86_401 }] }, "INVALID_REQUEST", "delaySeconds"],
  [
    "one that is too large",
    { messages: [{ body: 1 }, { body: "x".repeat(MAX_MESSAGE_BYTES) }] },
    "PAYLOAD_TOO_LARGE",
    "Message 1 has 131074",
  ],
])("%s: refused, and told why; nothing is sent", async (_, body, code, told) => {
  const before = await queues().get("mail");
  const answer = await control.fetch("/api/functions/mail/messages", { method: "POST", body: JSON.stringify(body) });
  expect(await answer.json()).toMatchObject({ code, detail: expect.stringContaining(told) as string });
  expect((await queues().get("mail")).due).toBe(before.due);
});

test("a body that is nested beyond writing is the caller's fault", async () => {
  const body = `{"messages":[{"body":${"[".repeat(100_000)}${"]".repeat(100_000)}}]}`;
  const answer = await control.fetch("/api/functions/mail/messages", { method: "POST", body });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, "INVALID_REQUEST"]);
});

test("a function without a handler, and one that there is not, take none", async () => {
  await expect(queues().send("plain", [{ body: 1 }])).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  await expect(queues().send("nobody", [{ body: 1 }])).rejects.toMatchObject({ code: "FUNCTION_NOT_FOUND" });
});

test("paused, resumed, purged; other words are no operation", async () => {
  expect((await queues().act("mail", "pause")).queue.paused).toBe(true);
  expect((await queues().act("mail", "resume")).queue.paused).toBe(false);
  expect(await queues().act("mail", "purge")).toMatchObject({ cancelled: 2, queue: { due: 0, delayed: 0 } });
  expect((await control.fetch("/api/functions/mail/queue/stop", { method: "POST" })).status).toBe(404);
});

test("deleting a function ends its jobs and messages with that reason; those of others go on", async () => {
  const { jobs } = control;
  const url = "http://mail.fn.internal/";
  const enqueue = async (name: string, more: { runAtMs?: number; priority?: number } = {}): Promise<string> =>
    (await jobs.enqueue({ function: name, url, ...more })).id;
  const [message = ""] = await queues().send("mail", [{ body: 1 }]);
  const waiting = [
    await enqueue("mail"),
    await enqueue("mail", { priority: 7 }),
    await enqueue("mail", { runAtMs: Date.now() + 3_600_000 }),
  ];
  const other = await enqueue("plain", { runAtMs: Date.now() + 3_600_000 });
  const look = await jobs.source.take("mail", { token: "t", requestId: "r" });
  if (!("held" in look)) throw new Error("nothing to take");
  await queues().act("mail", "pause");
  await control.client.delete("mail");
  for (const id of [message, ...waiting].filter((each) => each !== look.held.job.id))
    expect(await jobs.records.find(id)).toMatchObject({ state: "cancelled", reason: "The function was deleted." });
  // One that runs is told, and does not come again.
  expect(await jobs.records.isCancelled(look.held.job.id)).toBe(true);
  expect((await jobs.records.find(other))?.state).toBe("queued");
  expect(await queues().list()).toEqual([]);
  await control.client.deploy(uploadOf("mail", { name: "mail" }));
  expect(await queues().get("mail")).toMatchObject({ due: 0, delayed: 0, paused: false });
});
