import { join } from "node:path";
import type { InvocationView } from "@zygo/contracts";
import { startPlatform, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(join(import.meta.dirname, "fixtures/jobs.ts"));
});
afterAll(() => platform?.stop());

async function accept(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(platform.at(`jobs${path}`), { method: "POST", body: "hi", headers: { prefer: "respond-async", ...headers } });
  expect(answer.status).toBe(202);
  return (answer.headers.get("location") ?? "").replace("/invocations/", "");
}

const settled = (id: string): Promise<InvocationView> => platform.client.invocation(id, { waitS: 40 });
const running = (id: string): Promise<boolean> =>
  waitFor("it to run", async () => (await platform.client.invocation(id)).state === "running", 10_000);

test("what throws twice succeeds at its third attempt, and the function knows which one it is", async () => {
  const view = await settled(await accept("/flaky/3"));
  expect(view.attempts.map(({ code, status }) => code ?? status)).toEqual(["FUNCTION_ERROR", "FUNCTION_ERROR", 200]);
  expect(JSON.parse(view.answer?.body ?? "")).toEqual({ attempt: 3, trigger: "async", body: "hi" });
});

test("fn dlq and fn replay: a dead letter is listed with its reason, redriven, replayed and purged", async () => {
  const id = await accept("/status/418");
  await settled(id);
  const listed = await platform.fn(["dlq", "list", "-f", "jobs"]);
  expect(listed.stdout).toContain(id);
  expect((await platform.fn(["dlq", "show", id])).stdout).toContain("It answered 418. Trying again would not help.");
  expect((await platform.fn(["dlq", "redrive", id])).stdout).toContain("queued again: 1");
  expect((await diedAgain(id)).attempts).toHaveLength(2);
  const replayed = JSON.parse((await platform.fn(["replay", id, "--json"])).stdout) as { id: string };
  expect(await settled(replayed.id)).toMatchObject({ state: "failed", parent: id, answer: { status: 418 } });
  expect(JSON.parse((await platform.fn(["dlq", "purge", "--all", "--json"])).stdout)).toEqual({ count: 2 });
  await expect(platform.client.invocation(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

/** Until it is dead again. */
async function diedAgain(id: string): Promise<InvocationView> {
  await waitFor("its second death", async () => (await platform.client.invocation(id)).attempts.length === 2, 10_000);
  return await settled(id);
}

test("fn invoke --async --wait prints the function's answer", async () => {
  const done = await platform.fn(["invoke", "jobs", "/flaky/2", "--async", "--wait", "-d", "text"]);
  expect(JSON.parse(done.stdout)).toEqual({ attempt: 2, trigger: "async", body: "text" });
  expect((await platform.fn(["invoke", "jobs", "/status/404", "--async", "--wait"])).code).toBe(1);
});

test("twenty duplicates at a time of a call with an Idempotency-Key execute once", async () => {
  const call = async (): Promise<Response> =>
    await fetch(platform.at("jobs/slow/300"), { method: "POST", body: "x", headers: { "idempotency-key": "once" } });
  const answers = await Promise.all(Array.from({ length: 20 }, call));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(409)]);
  const again = await call();
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
});

describe("kill -9", () => {
  test("of the worker: the job runs again", async () => {
    const id = await accept("/slow/20000");
    await running(id);
    process.kill(platform.pids().worker as number, "SIGKILL");
    expect((await settled(id)).attempts.map(({ code, status }) => code ?? status)).toEqual(["WORKER_LOST", 200]);
  });

  test("of the gateway: the job runs again within 15 s", async () => {
    const id = await accept("/slow/20000");
    await running(id);
    const killedMs = Date.now();
    process.kill(platform.pids().gateway as number, "SIGKILL");
    await waitFor(
      "the gateway",
      async () =>
        await fetch(platform.url).then(
          () => true,
          () => false,
        ),
      15_000,
    );
    const view = await settled(id);
    expect(view.attempts.map(({ code, status }) => code ?? status)).toEqual(["GATEWAY_LOST", 200]);
    expect((view.attempts[1]?.startedMs ?? Infinity) - killedMs).toBeLessThan(15_000);
  });

  test("of the jobs' Redis: what was accepted runs; meanwhile 503, never a 202", async () => {
    const id = await accept("/flaky/1", { "x-fn-delay": "2s" });
    process.kill(platform.pids().jobs as number, "SIGKILL");
    await waitFor("a refusal", async () => {
      const answer = await fetch(platform.at("jobs/flaky/1"), { method: "POST", headers: { prefer: "respond-async" } });
      return answer.status === 503 && answer.headers.get("retry-after") !== null;
    });
    await waitFor(
      "Redis",
      async () =>
        await platform.client.invocation(id).then(
          () => true,
          () => false,
        ),
      15_000,
    );
    expect((await settled(id)).state).toBe("succeeded");
  });
});
