import { createHash } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BODY_CHUNK_BYTES, FrameType, WINDOW_BYTES } from "@zygo/contracts/frames";
import { MAX_INLINE_BYTES, MAX_REQUEST_BYTES } from "@zygo/contracts/names";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Buffers of this process, of which the gateway is a part, that are in use: what is dropped but not collected yet is not. */
function heldBytes(): number {
  collectGarbage();
  // The second one waits for the threads that sweep up behind the first.
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

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

describe("request bodies", () => {
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
});

describe("answers", () => {
  test("pieces come as they are sent, before the end", async () => {
    const worker = platform.worker((served) => {
      served.claim();
      served.respond(200, [["content-type", "text/event-stream"]], "", false);
    });
    const answer = await fetch(`${platform.url}/fn/echo`);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
      worker.served[0]?.write(text);
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(text);
    }
    worker.served[0]?.write("", true);
    expect((await reader.read()).done).toBe(true);
  });

  test("100 MB to a slow client: the worker is held back, memory stays bounded, every byte arrives", async () => {
    const total = 100 * MIB;
    const piece = noise(BODY_CHUNK_BYTES);
    let sent = 0;
    let mostAhead = 0;
    const worker = platform.worker((served) => {
      served.claim();
      served.respond(200, [], "", false);
      const pump = (): void => {
        while (sent < total && sent - served.credit + piece.length <= WINDOW_BYTES) {
          sent += piece.length;
          served.write(piece, sent === total);
        }
        mostAhead = Math.max(mostAhead, sent - served.credit);
      };
      served.onFrame = (type) => type === FrameType.window && pump();
      pump();
    });
    const expected = createHash("sha256");
    for (let bytes = 0; bytes < total; bytes += piece.length) expected.update(piece);

    const socket = connect(Number(new URL(platform.url).port), "127.0.0.1");
    socket.write("GET /fn/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    await sleep(300);
    const heldAt = sent;
    await sleep(300);
    // The client reads nothing: what is under way is one window and the buffers of the sockets.
    expect(sent).toBe(heldAt);
    expect(heldAt).toBeLessThan(10 * MIB);
    const before = heldBytes();
    let [received, mostHeld] = [0, 0];
    const got = createHash("sha256");
    for await (const bytes of dechunked(socket)) {
      got.update(bytes);
      if (Math.floor(received / (10 * MIB)) < Math.floor((received + bytes.length) / (10 * MIB)))
        mostHeld = Math.max(mostHeld, heldBytes());
      received += bytes.length;
    }
    expect(got.digest("hex")).toBe(expected.digest("hex"));
    expect(mostAhead).toBeLessThanOrEqual(WINDOW_BYTES);
    expect(mostHeld - before).toBeLessThan(8 * MIB);
    expect(worker.served[0]?.cancelled).toBe(false);
  });

  test("a client that leaves in the middle: cancel", async () => {
    const worker = platform.worker((served) => {
      served.claim();
      served.respond(200, [], "some", false);
    });
    const leaving = new AbortController();
    await fetch(`${platform.url}/fn/echo`, { signal: leaving.signal });
    leaving.abort();
    const [served] = worker.served;
    await served?.until(() => served.cancelled, "cancel");
  });

  test("a failure after the head cuts the connection", async () => {
    platform.worker((served) => {
      served.claim();
      served.respond(200, [], "half", false);
      setTimeout(() => served.fail({ code: "FUNCTION_CRASHED", detail: "x" }), 30);
    });
    const answer = await fetch(`${platform.url}/fn/echo`);
    await expect(answer.text()).rejects.toThrow();
    expect(await platform.line(answer)).toMatchObject({ code: "FUNCTION_CRASHED" });
  });

  test("HEAD: no body, the length that GET would have", async () => {
    platform.worker((served) => {
      served.claim();
      served.respond(200, [], "twelve bytes");
    });
    const answer = await fetch(`${platform.url}/fn/echo`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "12", ""]);
  });

  test.each([204, 304])("%d: no body, and the next request on the connection is answered", async (status) => {
    platform.worker((served) => {
      served.claim();
      served.respond(served.envelope.head.url.endsWith("/second") ? 200 : status, [], status === 204 ? "" : "dropped");
    });
    expect((await fetch(`${platform.url}/fn/echo`)).status).toBe(status);
    expect((await fetch(`${platform.url}/fn/echo/second`)).status).toBe(200);
  });

  test.each([
    ["shorter than it says", "5", "abc"],
    ["longer than it says", "2", "abc"],
  ])("a whole body %s gets its true length", async (_, length, body) => {
    platform.worker((served) => {
      served.claim();
      served.respond(200, [["content-length", length]], body);
    });
    const answer = await fetch(`${platform.url}/fn/echo`);
    expect([answer.headers.get("content-length"), await answer.text()]).toEqual(["3", "abc"]);
  });

  test.each([
    ["shorter", ["ab", ""]],
    ["longer", ["abcd", "efgh"]],
  ])("a streamed body %s than it says is cut, so that no next answer is mixed with it", async (_, [first = "", last = ""]) => {
    platform.worker((served) => {
      served.claim();
      served.respond(200, [["content-length", "6"]], first, false);
      setTimeout(() => served.write(last, true), 30);
    });
    const answer = await fetch(`${platform.url}/fn/echo`);
    await expect(answer.text()).rejects.toThrow();
    expect(await platform.line(answer)).toMatchObject({ code: "FUNCTION_INVALID_RESPONSE" });
  });

  test.each<[string, number, [string, string][]]>([
    ["CR/LF in a value", 200, [["x-a", "b\r\nset-cookie: evil=1"]]],
    ["a name that is no token", 200, [["bad name", "b"]]],
    ["a character above latin-1", 200, [["x-a", "\u2603"]]],
    ["a status below 200", 101, []],
    ["a status above 599", 600, []],
    ["a status that is no integer", 200.5, []],
  ])("%s: FUNCTION_INVALID_RESPONSE, the worker gets a cancel, the gateway lives", async (_, status, headers) => {
    const worker = platform.worker((served) => {
      served.claim();
      served.respond(status, headers, "x", false);
    });
    const answer = await fetch(`${platform.url}/fn/echo`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, "FUNCTION_INVALID_RESPONSE"]);
    expect(answer.headers.get("set-cookie")).toBeNull();
    await worker.served[0]?.until(() => worker.served[0]?.cancelled ?? false, "cancel");
  });
});

test("the function's headers arrive in order and repeated; the connection's and the platform's do not", async () => {
  platform.worker((served) => {
    served.claim();
    served.respond(201, [
      ["Set-Cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x-fn-request-id", "forged"],
      ["x-fn-start", "forged"],
      ["connection", "x-hop"],
      ["x-hop", "1"],
      ["keep-alive", "timeout=9"],
      ["transfer-encoding", "identity"],
      ["x-latin", "caf\u00e9"],
    ]);
  });
  const answer = await fetch(`${platform.url}/fn/echo`);
  expect(answer.status).toBe(201);
  expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(answer.headers.get("x-latin")).toBe("caf\u00e9");
  expect([answer.headers.get("x-hop"), answer.headers.get("x-fn-start")]).toEqual([null, "hot"]);
  expect(answer.headers.get("x-fn-request-id")).not.toBe("forged");
  expect(answer.headers.get("keep-alive")).not.toBe("timeout=9");
});

/** The body bytes of a chunked answer, read with pauses. */
async function* dechunked(socket: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting = Buffer.alloc(0);
  let inHead = true;
  let pieces = 0;
  for await (const bytes of socket) {
    waiting = Buffer.concat([waiting, bytes]);
    if (inHead) {
      const end = waiting.indexOf("\r\n\r\n");
      if (end < 0) continue;
      waiting = waiting.subarray(end + 4);
      inHead = false;
    }
    for (let line = waiting.indexOf("\r\n"); line >= 0; line = waiting.indexOf("\r\n")) {
      const length = Number.parseInt(waiting.toString("latin1", 0, line), 16);
      if (waiting.length < line + 2 + length + 2) break;
      yield waiting.subarray(line + 2, line + 2 + length);
      waiting = waiting.subarray(line + 2 + length + 2);
    }
    if (++pieces % 100 === 0) await sleep(5);
  }
}
