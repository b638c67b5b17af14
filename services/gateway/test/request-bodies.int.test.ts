import { createHash } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { BODY_CHUNK_BYTES, FrameType, WINDOW_BYTES } from "@zygo/contracts/frames";
import { MAX_INLINE_BYTES, MAX_REQUEST_BYTES } from "@zygo/contracts/names";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { answerOk, eventually, Platform } from "./platform.ts";
import type { Served } from "./scripted-worker.ts";

const MIB = 1024 * 1024;
let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start();
  await platform.deploy("echo");
});
afterEach(() => platform.reset());
afterAll(() => platform.end());

const post = (body: Uint8Array<ArrayBuffer> | ReadableStream, init: RequestInit = {}): Promise<Response> =>
  fetch(`${platform.url}/fn/echo`, { method: "POST", body, ...init });

/** A body of unknown length. */
const chunked = (chunks: (Uint8Array | number)[]): RequestInit & { body: ReadableStream } => ({
  body: new ReadableStream({
    async pull(controller) {
      const next = chunks.shift();
      if (next === undefined) controller.close();
      else if (typeof next === "number") await sleep(next).then(() => controller.enqueue(Buffer.from(".")));
      else controller.enqueue(next);
    },
  }),
  duplex: "half",
});

const noise = (bytes: number): Buffer<ArrayBuffer> => Buffer.alloc(bytes, createHash("sha512").update(String(bytes)).digest());
const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Reads the whole body, returning credit as it comes, then answers with its hash. */
const swallow = (served: Served): void => {
  served.claim();
  let credited = 0;
  served.onFrame = (type) => {
    if (type !== FrameType.body) return;
    const got = Buffer.concat(served.body).length;
    if (got > credited) served.window(got - credited);
    credited = got;
    if (served.ended) served.respond(200, [], digest(Buffer.concat(served.body)));
  };
  if (served.ended) served.respond(200, [], digest(Buffer.concat(served.body)));
};

test.each([
  ["none", 0],
  ["one byte", 1],
  ["the most that goes inline", MAX_INLINE_BYTES],
])("%s travels inline, whole", async (_, bytes) => {
  const worker = platform.worker(swallow);
  const answer = await post(noise(bytes));
  expect(await answer.text()).toBe(digest(noise(bytes)));
  expect(worker.served[0]?.envelope.head.complete).toBe(true);
  expect(worker.served[0]?.envelope.body.length).toBe(bytes);
});

test.each([
  ["one byte more", MAX_INLINE_BYTES + 1],
  ["many windows", 3 * MIB + 7],
  ["the largest", MAX_REQUEST_BYTES],
])("%s travels on the link after the claim, in small pieces", async (_, bytes) => {
  const worker = platform.worker(swallow);
  const answer = await post(noise(bytes));
  expect(await answer.text()).toBe(digest(noise(bytes)));
  expect(worker.served[0]?.envelope.head.complete).toBe(false);
  expect(worker.served[0]?.envelope.body.length).toBe(0);
  expect(Math.max(...(worker.served[0]?.body ?? []).map((piece) => piece.length))).toBeLessThanOrEqual(BODY_CHUNK_BYTES);
  expect(await platform.line(answer)).toMatchObject({ bytesIn: bytes });
});

test("a small body of unknown length that is there quickly goes inline, and a slow one on the link", async () => {
  const worker = platform.worker(swallow);
  const quick = chunked([noise(100)]);
  expect(await (await post(quick.body, quick)).text()).toBe(digest(noise(100)));
  const slow = chunked([noise(100), 150]);
  expect(await (await post(slow.body, slow)).text()).toBe(digest(Buffer.concat([noise(100), Buffer.from(".")])));
  expect(worker.served.map(({ envelope }) => envelope.head.complete)).toEqual([true, false]);
  expect(worker.served[0]?.header("transfer-encoding")).toEqual([]);
});

test("without credit only one window is sent, and the client is held back; that it left shows when reading goes on", async () => {
  const worker = platform.worker((served) => served.claim());
  const leaving = new AbortController();
  const asked = post(noise(5 * MIB), { signal: leaving.signal }).catch(() => "left");
  await eventually(async () => expect(Buffer.concat(worker.served[0]?.body ?? []).length).toBe(WINDOW_BYTES));
  await sleep(100);
  expect(Buffer.concat(worker.served[0]?.body ?? []).length).toBe(WINDOW_BYTES);
  worker.served[0]?.window(1000);
  await eventually(async () => expect(Buffer.concat(worker.served[0]?.body ?? []).length).toBe(WINDOW_BYTES + 1000));
  leaving.abort();
  expect(await asked).toBe("left");
  // What the client sent before it left comes first.
  for (const piece of worker.served[0]?.body ?? []) worker.served[0]?.window(piece.length);
  if (worker.served[0] !== undefined) worker.served[0].onFrame = () => worker.served[0]?.window(BODY_CHUNK_BYTES);
  await worker.served[0]?.until(() => worker.served[0]?.cancelled ?? false, "cancel");
});

test("one byte over the most, said in content-length: 413 and nothing is queued", async () => {
  const answer = await post(Buffer.alloc(MAX_REQUEST_BYTES + 1));
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  expect(await platform.lane.depth()).toBe(0);
});

test("expect: 100-continue is not answered with 100 for a body that is too large, and is for one that is not", async () => {
  const statuses = async (length: number): Promise<(number | string)[]> => {
    const seen: (number | string)[] = [];
    const asking = request(`${platform.url}/fn/echo`, { method: "POST", headers: { expect: "100-continue", "content-length": length } });
    asking.on("continue", () => {
      seen.push("continue");
      asking.end(Buffer.alloc(length));
    });
    asking.flushHeaders();
    const status = await new Promise<number>((resolve, reject) => {
      asking.on("response", (answer) => resolve(answer.statusCode ?? 0));
      asking.on("error", reject);
    });
    asking.destroy();
    return [...seen, status];
  };
  platform.worker(swallow);
  expect(await statuses(MAX_REQUEST_BYTES + 1)).toEqual([413]);
  expect(await statuses(20_000)).toEqual(["continue", 200]);
});

test("one byte over the most, of unknown length: cut off with 413, and the worker gets a cancel", async () => {
  const worker = platform.worker((served) => {
    served.claim();
    let credited = 0;
    served.onFrame = (type) => {
      if (type !== FrameType.body) return;
      const got = Buffer.concat(served.body).length;
      served.window(got - credited);
      credited = got;
    };
  });
  const pieces = Array.from({ length: 6 }, () => noise(MIB));
  const body = chunked([...pieces, noise(1)]);
  const answer = await post(body.body, body);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  const [served] = worker.served;
  await served?.until(() => served.cancelled, "cancel");
  expect(served?.ended).toBe(false);
});

test("of unknown length, too large before any worker takes it: 413, and it is out of the queue", async () => {
  const body = chunked([noise(20_000), ...Array.from({ length: 7 }, () => noise(MIB))]);
  await platform.deploy("short", { timeoutMs: 300 });
  const asked = fetch(`${platform.url}/fn/short`, { method: "POST", ...body });
  expect((await asked).status).toBe(504);
  await eventually(async () => expect(await platform.lane.depth()).toBe(0));
});

test("an answer before the body is read: it arrives whole, and the connection goes on or is closed, never stuck", async () => {
  platform.worker(answerOk);
  for (let times = 0; times < 5; times++) expect(await (await post(noise(2 * MIB))).text()).toBe("ok");
});
