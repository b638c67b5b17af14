/** Whatever comes in on the worker socket, before and after a hello: the caller gets one answer, and the gateway serves on. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { encodeJson, FrameType } from "@zygo/contracts/frames";
import { fc, fuzz, FUZZ_DEADLINE_MS, peerBytes } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOk, Platform, SECRET } from "./platform.ts";
import type { ScriptedWorker } from "./scripted-worker.ts";

let platform: Platform;
let worker: ScriptedWorker;
let bytesToSay: Buffer | undefined;
beforeAll(async () => {
  platform = await Platform.start();
  await platform.deploy("echo", { timeoutMs: 1_000 });
  worker = platform.worker((served) => {
    if (bytesToSay === undefined) return answerOk(served);
    served.claim();
    served.raw(bytesToSay);
    served.respond(200, [["content-type", "text/plain"]], "ok");
  });
});
afterAll(() => platform?.end());

async function strangerSays(bytes: Buffer, withHello: boolean): Promise<void> {
  const socket: Socket = connect(platform.gateway.workerAddress.replace(/^unix:/, "").replace(/#.*$/, ""));
  socket.on("error", () => {});
  await once(socket, "connect");
  if (withHello) socket.write(encodeJson(FrameType.hello, 0, { worker: "stranger", secret: SECRET }));
  socket.end(bytes);
  socket.resume();
  await once(socket, "close");
}

test(
  "worker → gateway",
  () =>
    fuzz("worker → gateway", fc.tuple(peerBytes, fc.boolean(), fc.boolean()), async ([bytes, stranger, withHello]) => {
      if (stranger) await strangerSays(bytes, withHello);
      bytesToSay = stranger ? undefined : bytes;
      const answer = await fetch(`${platform.url}/fn/echo/`);
      await answer.arrayBuffer().catch(() => undefined); // it may break off
      expect(answer.status).toBeGreaterThanOrEqual(200);
      bytesToSay = undefined;
      expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
    }),
  FUZZ_DEADLINE_MS,
);

test("the gateway serves as before", async () => {
  worker.cut(); // What it said last may be the head of a frame that takes what follows for its payload.
  // A call that a link took before it was cut is told so at its deadline; those after it are served.
  const call = async (): Promise<unknown> => {
    const answer = await fetch(`${platform.url}/fn/echo/`);
    return [answer.status, await answer.text()];
  };
  await expect.poll(call, { timeout: 10_000 }).toEqual([200, "ok"]);
  expect(platform.lines.filter(({ level }) => level === "error")).toEqual([]);
});
