import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BODY_CHUNK_BYTES, WINDOW_BYTES } from "@zygo/contracts/frames";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const MB = 1024 * 1024;
const workshop = new Workshop();
const bundle = workshop.fixture("bodies.ts");
afterAll(() => workshop.remove());

describe.each(RUNTIMES)("bodies on %s", (runtime) => {
  let instance: Instance;
  const start = async (): Promise<Instance> => {
    const started = new Instance(runtime, workshop.runtime, true);
    await started.greeted();
    expect(await started.load(bundle)).toMatchObject({ ok: true });
    return started;
  };
  beforeAll(async () => {
    instance = await start();
  });
  beforeEach(() => {
    instance.credit = true;
    instance.onFrame = () => {};
  });
  afterAll(() => instance.close());

  test.each(["/text", "/bytes", "/empty", "/form", "/cookies"])("%s leaves in one frame", async (path) => {
    const answer = await instance.ask({ path });
    expect(answer.failure).toBeUndefined();
    expect({ frames: answer.frames, ended: answer.ended }).toEqual({ frames: 1, ended: true });
  });

  test.each([
    ["/text", "plain text"],
    ["/bytes", "\x01\x02\x03"],
    ["/empty", ""],
    ["/blob", "from a blob"],
    ["/form", "a=1"],
    ["/iterable", "one two three"],
    ["/strings", "ab"],
  ])("%s arrives whole", async (path, text) => {
    expect((await instance.ask({ path })).text()).toBe(text);
  });

  test("set-cookie headers stay apart", async () => {
    const { head } = await instance.ask({ path: "/cookies" });
    expect(head!.headers.filter(([name]) => name === "set-cookie")).toEqual([
      ["set-cookie", "a=1; Path=/"],
      ["set-cookie", "b=2"],
    ]);
    expect(head!.headers).toContainEqual(["x-one", "1"]);
  });

  test("304 and HEAD have no body, and HEAD keeps its headers", async () => {
    const unchanged = await instance.ask({ path: "/not-modified" });
    expect([unchanged.head!.status, unchanged.bodyBytes, unchanged.header("etag")]).toEqual([304, 0, '"a"']);
    const head = await instance.ask({ method: "HEAD", path: "/text" });
    expect([head.head!.status, head.bodyBytes, head.ended, head.header("content-type")]).toEqual([
      200,
      0,
      true,
      "text/plain;charset=UTF-8",
    ]);
  });

  test("an inline request body is read as JSON, form data and bytes", async () => {
    const headers: [string, string][] = [["content-type", "application/json"]];
    const json = await instance.ask({ method: "POST", path: "/json", body: '{"a":[1]}', headers });
    expect(JSON.parse(json.text())).toEqual({ got: { a: [1] }, type: "application/json" });
    const form = await instance.ask({
      method: "POST",
      path: "/form-data",
      body: "a=1&b=2",
      headers: [["content-type", "application/x-www-form-urlencoded"]],
    });
    expect(form.text()).toBe('[["a","1"],["b","2"]]');
  });

  test("a streamed request body keeps its bytes, also for a BYOB reader", async () => {
    const bytes = randomBytes(100_000);
    for (const path of ["/echo", "/byob", "/length"]) {
      const answer = instance.send({ method: "POST", path, open: true, body: bytes.subarray(0, 10) });
      for (let at = 10; at < bytes.length; at += 30_000) instance.sendBody(answer.stream, bytes.subarray(at, at + 30_000), false);
      instance.sendBody(answer.stream, new Uint8Array(0), true);
      await answer.until(({ done }) => done !== undefined);
      if (path === "/echo") expect(Buffer.concat(answer.chunks).equals(bytes)).toBe(true);
      else expect(answer.text()).toBe("100000");
    }
  });

  test("credit for a request body comes as it is read, and at once for one that is dropped", async () => {
    const credits: number[] = [];
    instance.onFrame = ({ type, payload }) => void (type === 6 && credits.push(payload.readUInt32LE(0)));
    const full = new Uint8Array(BODY_CHUNK_BYTES);
    const unread = instance.send({ method: "POST", path: "/never", open: true });
    for (let sent = 0; sent < WINDOW_BYTES; sent += full.length) instance.sendBody(unread.stream, full, false);
    expect((await instance.ask({ path: "/text" })).text()).toBe("plain text");
    expect(credits).toEqual([]);
    const dropped = instance.send({ method: "POST", path: "/drop", open: true });
    for (let sent = 0; sent < WINDOW_BYTES; sent += full.length) instance.sendBody(dropped.stream, full, false);
    await instance.ask({ path: "/text" });
    expect(credits.reduce((sum, bytes) => sum + bytes, 0)).toBe(WINDOW_BYTES);
  });

  test("a sender that overruns the window is cut off", async () => {
    const victim = await start();
    const answer = victim.send({ method: "POST", path: "/never", open: true });
    for (let sent = 0; sent <= WINDOW_BYTES; sent += BODY_CHUNK_BYTES)
      victim.sendBody(answer.stream, new Uint8Array(BODY_CHUNK_BYTES), false);
    expect((await victim.exited).code).toBe(70);
  });

  test("100 MB down: no more than the window is out without credit, and memory stays", async () => {
    instance.credit = false;
    const before = Number((await instance.ask({ path: "/memory" })).text());
    const answer = instance.send({ path: "/download?chunks=1600" });
    await answer.until(({ bodyBytes }) => bodyBytes >= WINDOW_BYTES);
    await sleep(50);
    expect(answer.bodyBytes).toBe(WINDOW_BYTES);
    instance.credit = true;
    instance.giveCredit(answer.stream, WINDOW_BYTES);
    await answer.until(({ ended }) => ended);
    expect(answer.bodyBytes).toBe(100 * MB);
    const after = Number((await instance.ask({ path: "/memory" })).text());
    expect((after - before) / MB).toBeLessThan(40);
  });

  test("300 MB up and down again: memory stays within what V8 lets wait for collection", async () => {
    const before = Number((await instance.ask({ path: "/memory" })).text());
    const answer = instance.send({ method: "POST", path: "/echo", open: true });
    let credit = WINDOW_BYTES;
    let wake = (): void => {};
    instance.onFrame = ({ type, payload }) => {
      if (type === 6) credit += payload.readUInt32LE(0);
      wake();
    };
    const chunk = new Uint8Array(50_000);
    for (let sent = 0; sent < 300 * MB; sent += chunk.length) {
      while (credit < chunk.length) await new Promise<void>((resolve) => (wake = resolve));
      credit -= chunk.length;
      instance.sendBody(answer.stream, chunk, sent + chunk.length >= 300 * MB);
    }
    await answer.until(({ ended }) => ended);
    expect(answer.bodyBytes).toBe(Math.ceil((300 * MB) / chunk.length) * chunk.length);
    const after = Number((await instance.ask({ path: "/memory" })).text());
    expect((after - before) / MB).toBeLessThan(100);
  });

  test("an event leaves when it is written, not when the stream ends", async () => {
    const answer = instance.send({ path: "/events" });
    await answer.until(({ bodyBytes }) => bodyBytes > 0);
    expect([answer.text(), answer.ended]).toEqual(["data: first\n\n", false]);
    instance.send({ path: "/events" });
    await answer.until(({ ended }) => ended);
    expect(answer.text()).toBe("data: first\n\ndata: second\n\n");
  });

  test("the head of a stream that is silent leaves at once; leaving cancels the stream", async () => {
    const answer = instance.send({ path: "/never" });
    await answer.until(({ head }) => head !== undefined);
    instance.cancel(answer.stream);
    await answer.until(({ done }) => done !== undefined);
    expect([answer.failure, answer.ended]).toEqual([undefined, false]);
    expect((await instance.ask({ path: "/cancelled-with" })).text()).toBe("AbortError: The caller left");
  });

  test("a body that fails ends in a failure, after the head when that is out", async () => {
    const half = await instance.ask({ path: "/breaks" });
    expect([half.head?.status, half.text(), half.ended]).toEqual([200, "half", false]);
    expect(half.failure).toMatchObject({ code: "FUNCTION_ERROR", detail: "Error: broke in the middle" });
    const none = await instance.ask({ path: "/breaks-at-once" });
    expect([none.head, none.failure?.detail]).toEqual([undefined, "Error: no first chunk"]);
    const wrong = await instance.ask({ path: "/wrong-chunk" });
    expect(wrong.failure?.detail).toBe("TypeError: A response body yielded a number; it must yield Uint8Array");
  });

  test("a large text arrives in frames of the promised size", async () => {
    const sizes: number[] = [];
    instance.onFrame = ({ payload, type }) => void (type === 5 && sizes.push(payload.length));
    const answer = await instance.ask({ path: "/large-text" });
    expect(answer.bodyBytes).toBe(1_000_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BODY_CHUNK_BYTES);
  });

  test("a request body that nobody reads does not hold up the answer", async () => {
    const answer = instance.send({ method: "POST", path: "/ignore", open: true, body: "some" });
    await answer.until(({ done }) => done !== undefined);
    expect(answer.text()).toBe("ignored");
    instance.sendBody(answer.stream, Buffer.from("late"), true);
    expect((await instance.ask({ path: "/text" })).text()).toBe("plain text");
  });
});
