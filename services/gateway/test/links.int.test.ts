import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { encodeFrame, encodeHead, encodeJson, FLAG_END, FrameType, MAX_PAYLOAD_BYTES, WINDOW_BYTES } from "@zygo/contracts/frames";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answerOk, eventually, Platform, SECRET } from "./platform.ts";

let platform: Platform;
const open: Socket[] = [];

beforeAll(async () => {
  platform = await Platform.start();
  await platform.deploy("echo");
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await platform.reset();
});
afterAll(() => platform.end());

/** A connection to the worker socket. */
async function dial(): Promise<Socket> {
  const socket = connect(platform.gateway.workerAddress.replace(/^unix:/, "").replace(/#.*$/, ""));
  open.push(socket);
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  return socket;
}

/** @throws when the gateway has not closed it within 2 seconds */
const closed = (socket: Socket): Promise<unknown> => once(socket, "close", { signal: AbortSignal.timeout(2000) });

const hello = (given: object = {}): Buffer => encodeJson(FrameType.hello, 0, { worker: "w", secret: SECRET, ...given });
const links = async (): Promise<string | undefined> =>
  /fn_worker_links (\d+)/.exec(await (await fetch(`${platform.url}/metrics`)).text())?.[1];

test("the nonce tells one gateway process from another, and the socket is its owner's alone", async () => {
  expect(platform.gateway.workerAddress).toMatch(/^unix:\/.*gateway\.sock#[0-9a-f]{16}$/);
});

test.each([
  ["without the gateway's address", {}],
  ["with the gateway's address", { gateway: "same" }],
])("a hello %s is accepted", async (_, given: { gateway?: string }) => {
  const socket = await dial();
  socket.write(hello(given.gateway === undefined ? {} : { gateway: platform.gateway.workerAddress }));
  await eventually(async () => expect(await links()).toBe("1"));
  socket.destroy();
  await eventually(async () => expect(await links()).toBe("0"));
});

test.each<[string, () => Buffer]>([
  ["a wrong secret", () => hello({ secret: "00".repeat(32) })],
  ["a secret that is cut", () => hello({ secret: SECRET.slice(0, -1) })],
  ["an empty secret", () => hello({ secret: "" })],
  ["another process's nonce", () => hello({ gateway: `${platform.gateway.workerAddress.replace(/#.*/, "")}#0000000000000000` })],
  ["no worker name", () => hello({ worker: "" })],
  ["a hello that is not JSON", () => encodeFrame(FrameType.hello, 0, 0, Buffer.from("{"))],
  ["a claim before hello", () => encodeFrame(FrameType.claim, 1, 0)],
  ["HTTP", () => Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n")],
  ["garbage", () => Buffer.alloc(4096, 0xff)],
])("%s closes the connection", async (_, bytes) => {
  const socket = await dial();
  socket.write(bytes());
  await closed(socket);
  expect(await links()).toBe("0");
});

test("silence closes the connection after five seconds", async () => {
  const socket = await dial();
  await once(socket, "close", { signal: AbortSignal.timeout(7000) });
});

describe("violations after the claim end the link, and WORKER_LOST tells the caller", () => {
  const oversized = Buffer.alloc(12);
  oversized.writeUInt32LE(MAX_PAYLOAD_BYTES + 1, 0);

  test.each<[string, (stream: number) => Buffer[]]>([
    ["garbage", () => [Buffer.alloc(64, 0xff)]],
    ["an oversized frame", () => [oversized]],
    ["a frame type that only the gateway sends", (stream) => [encodeFrame(FrameType.cancel, stream, 0)]],
    ["a frame type that there is not", (stream) => [encodeFrame(99, stream, 0)]],
    ["a second hello", () => [hello()]],
    [
      "a response head that is longer than its frame",
      (stream) => [encodeFrame(FrameType.response, stream, 0, Buffer.from([255, 0, 0, 0]))],
    ],
    ["a response head that is not JSON", (stream) => [encodeFrame(FrameType.response, stream, 0, Buffer.from([1, 0, 0, 0, 123]))]],
    ["a window without its number", (stream) => [encodeFrame(FrameType.window, stream, 0)]],
    ["a body without a head", (stream) => [encodeFrame(FrameType.body, stream, 0, Buffer.from("x"))]],
    ["a failure that is not JSON", (stream) => [encodeFrame(FrameType.failure, stream, FLAG_END, Buffer.from("x"))]],
    ["a failure without a code", (stream) => [encodeJson(FrameType.failure, stream, {}, FLAG_END)]],
  ])("%s", async (_, frames) => {
    const worker = platform.worker((served) => {
      served.claim();
      for (const frame of frames(served.stream)) served.raw(frame);
    });
    const answer = await fetch(`${platform.url}/fn/echo`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, "WORKER_LOST"]);
    expect(worker.served).toHaveLength(1);
    await eventually(async () => expect(await links()).toBe("0"));
  });

  test("more body than the window allows, to a client that does not read", async () => {
    platform.worker((served) => {
      served.claim();
      served.respond(200, [], "", false);
      for (let sent = 0; sent < 64 * WINDOW_BYTES; sent += 65_536) served.write(Buffer.alloc(65_536));
    });
    const socket = connect(Number(new URL(platform.url).port), "127.0.0.1");
    open.push(socket);
    socket.on("error", () => {});
    socket.write("GET /fn/echo HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(async () => expect(platform.lines.some((line) => JSON.stringify(line).includes("overruns its window"))).toBe(true));
    socket.resume();
    await closed(socket);
  });
});

test("frames for streams that there are not, or that another worker claimed, do nothing", async () => {
  const stranger = await dial();
  stranger.write(hello({ worker: "stranger" }));
  let release = (): void => {};
  const worker = platform.worker((served) => {
    served.claim();
    release = () => answerOk(served);
  });
  const asked = fetch(`${platform.url}/fn/echo`);
  await eventually(async () => expect(worker.served).toHaveLength(1));
  await eventually(async () => expect(await links()).toBe("2"));
  const stream = worker.served[0]?.stream ?? 0;
  for (const number of [stream, 1, 0xffff_ffff]) {
    stranger.write(encodeHead(FrameType.response, number, { status: 200, headers: [] }, Buffer.from("stolen"), FLAG_END));
    stranger.write(encodeJson(FrameType.failure, number, { code: "FUNCTION_ERROR", detail: "x" }, FLAG_END));
  }
  const answers: Buffer[] = [];
  stranger.on("data", (bytes: Buffer) => answers.push(bytes));
  stranger.write(encodeFrame(FrameType.claim, stream, 0));
  await eventually(async () => expect(Buffer.concat(answers)).toEqual(encodeFrame(FrameType.cancel, stream, 0)));
  release();
  expect(await (await asked).text()).toBe("ok");
});

test("frames cut anywhere are put together", async () => {
  platform.worker((served) => {
    served.claim();
    const frames = Buffer.concat([
      encodeHead(FrameType.response, served.stream, { status: 200, headers: [] }, Buffer.from("a"), 0),
      encodeFrame(FrameType.body, served.stream, FLAG_END, Buffer.from("b")),
    ]);
    for (const byte of frames) setImmediate(() => served.raw(Buffer.from([byte])));
  });
  expect(await (await fetch(`${platform.url}/fn/echo`)).text()).toBe("ab");
});
