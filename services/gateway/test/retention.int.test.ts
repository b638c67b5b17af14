import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPayloads } from "@zygo/artifacts";
import { answerPayload, AsyncLane, storeBody } from "@zygo/queue";
import { createLog } from "@zygo/service";
import { logLines, RedisServer } from "@zygo/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Housekeeping, type Retention } from "../src/jobs/housekeeping.ts";
import { eventually, SECRET } from "./platform.ts";

const KEPT: Retention = { settledMs: 60_000, mostSettled: 1000, deadMs: 600_000, mostDead: 1000 };
/** Too large for Redis. */
const LARGE = Buffer.alloc(20_000, "x");

let dir: string;
let redis: RedisServer;
let lane: AsyncLane;
let payloads: Awaited<ReturnType<typeof openPayloads>>;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "zygo-kept-"));
  redis = await RedisServer.start();
  payloads = await openPayloads(join(dir, "payloads"));
  lane = new AsyncLane({ url: redis.url, durability: "kernel", payloads, secret: SECRET });
  await eventually(() => lane.check());
});
afterEach(async () => {
  lane.close();
  await redis.end();
  await rm(dir, { recursive: true, force: true });
});

/** An invocation with a large body and a large answer that ended at `endedMs`. */
async function settle(state: "succeeded" | "failed", endedMs: number): Promise<string> {
  const { id } = await lane.enqueue({ function: "a", url: "/", body: LARGE });
  const look = await lane.source.take("a", { token: randomUUID(), requestId: randomUUID() });
  if (!("held" in look)) throw new Error("nothing to take");
  const { number, startedMs, requestId } = look.held;
  const attempt = {
    number,
    startedMs,
    endedMs,
    requestId,
    version: null,
    status: 200,
    code: null,
    reason: "as asked",
    receipt: null,
    nextMs: null,
  };
  const answer = JSON.stringify({ status: 200, headers: [], body: await storeBody(payloads, answerPayload(id), LARGE) });
  expect(await lane.source.settle(look.held, { state, attempt, reason: null, answer })).toBe(true);
  return id;
}

async function sweep(kept: Partial<Retention>): Promise<number> {
  const keeping = new Housekeeping({
    lane,
    payloads,
    retention: { ...KEPT, ...kept },
    log: createLog({ service: "gateway", level: "info", sink: logLines([]) }),
  });
  keeping.stop();
  return await keeping.sweep(Date.now());
}

const known = async (...ids: string[]): Promise<boolean[]> =>
  await Promise.all(ids.map(async (id) => (await lane.records.find(id)) !== null));

test("what is too old goes with its payloads; dead letters have an age of their own; what waits stays", async () => {
  const [old, young] = [await settle("succeeded", Date.now() - 120_000), await settle("succeeded", Date.now())];
  const [dead, long] = [await settle("failed", Date.now() - 120_000), await settle("failed", Date.now() - 1_200_000)];
  const { id: waiting } = await lane.enqueue({ function: "a", url: "/", body: LARGE });
  expect(await sweep({})).toBe(2);
  expect(await known(old, young, dead, long, waiting)).toEqual([false, true, true, false, true]);
  const left = await readdir(join(dir, "payloads"), { recursive: true });
  for (const [id, here] of [
    [old, false],
    [young, true],
    [dead, true],
    [long, false],
    [waiting, true],
  ] as const)
    expect(
      left.some((name) => name.includes(id)),
      id,
    ).toBe(here);
  expect((await lane.records.dead(["a"], { offset: 0, limit: 10 })).ids).toEqual([dead]);
});

test("beyond the most that are kept, the oldest go first", async () => {
  const ids: string[] = [];
  for (let age = 250; age > 0; age--) ids.push(await settle("succeeded", Date.now() - age));
  expect(await sweep({ mostSettled: 2 })).toBe(248);
  expect(await known(...ids)).toEqual(ids.map((_, at) => at >= 248));
});
