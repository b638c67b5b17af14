import { createHash } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BODY_CHUNK_BYTES, FrameType, WINDOW_BYTES } from "@zygo/contracts/frames";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Platform } from "./platform.ts";

const MIB = 1024 * 1024;
let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start();
  await platform.deploy("echo");
});
afterEach(() => platform.reset());
afterAll(() => platform.end());
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
    if (Math.floor(received / (10 * MIB)) < Math.floor((received + bytes.length) / (10 * MIB))) mostHeld = Math.max(mostHeld, heldBytes());
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
