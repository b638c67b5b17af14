import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startPlatform, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(join(import.meta.dirname, "fixtures/lifecycle.ts"));
});
afterAll(() => platform?.stop());

const call = (path: string, init: RequestInit = {}): Promise<Response> => fetch(platform.at(`lifecycle${path}`), init);

const state = async (): Promise<{ events: string[]; pulled: number }> =>
  (await (await call("/events")).json()) as { events: string[]; pulled: number };

const happened = (event: string): Promise<boolean> => waitFor(event, async () => (await state()).events.includes(event));

describe("a caller that leaves", () => {
  test("aborts request.signal and ctx.signal", async () => {
    const caller = new AbortController();
    const calling = call("/waits", { signal: caller.signal });
    await happened("waiting");
    caller.abort();
    await expect(calling).rejects.toThrow();
    await happened("left true true");
  });

  test("stops the making of a body that nobody takes", async () => {
    const caller = new AbortController();
    const answer = await call("/flood", { signal: caller.signal });
    await answer.body?.getReader().read();
    caller.abort();
    const { pulled } = await unchanging();
    expect(pulled).toBeLessThan(1024);
  });
});

describe("ctx", () => {
  test("waitUntil lets work go on after the answer", async () => {
    expect(await (await call("/later")).text()).toBe("answered");
    expect((await state()).events).not.toContain("done later");
    await happened("done later");
  });

  test("a rejection in waitUntil is logged and harms nobody", async () => {
    expect(await (await call("/later-fails")).text()).toBe("answered");
    await waitFor("the line", async () => (await platform.fn(["logs", "lifecycle"])).stdout.includes("later failed on purpose"));
    expect((await call("/events")).status).toBe(200);
  });

  test("remainingMs counts down from the function's limit", async () => {
    const { before, after, deadlineMs } = (await (await call("/remaining")).json()) as Record<"before" | "after" | "deadlineMs", number>;
    expect(before).toBeLessThanOrEqual(5_000);
    expect(before - after).toBeGreaterThanOrEqual(95);
    expect(deadlineMs).toBeGreaterThan(Date.now());
  });
});

describe("back-pressure", () => {
  test("a caller that takes nothing holds up the function, and neither gateway nor worker keeps what it made", async () => {
    const before = await state();
    const { resume, end } = await stalled("/flood");
    const { pulled } = await unchanging();
    expect(pulled - before.pulled, "pieces of 64 KiB in flight, of 1,024").toBeLessThan(200);
    resume();
    expect(await end).toBe(64 * 1024 * 1024);
  });

  test("a function that reads nothing holds up its caller", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= 5 * 1024 * 1024) return controller.close();
        sent += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const answering = call("/slow-reader", { method: "POST", body, duplex: "half" });
    await happened("read one");
    await call("/go");
    expect(await (await answering).json()).toEqual({ bytes: 5 * 1024 * 1024 });
  });
});

/** A call whose answer is not read. `end` gives the bytes of it once it is. */
async function stalled(path: string): Promise<{ resume: () => void; end: Promise<number> }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(platform.at(`lifecycle${path}`), resolve)
      .once("error", reject)
      .end();
  });
  let bytes = 0;
  const end = new Promise<number>((resolve) => answer.once("end", () => resolve(bytes)));
  return { resume: () => void answer.on("data", (chunk: Buffer) => (bytes += chunk.length)), end };
}

/** The function's state once a quarter of a second brings no further piece. */
async function unchanging(): Promise<{ pulled: number }> {
  for (let last = await state(); ;) {
    await sleep(250);
    const now = await state();
    if (now.pulled === last.pulled) return now;
    last = now;
  }
}
