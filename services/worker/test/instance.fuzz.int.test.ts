/** Whatever an instance writes on its control socket: its caller gets one answer, and the worker serves others. */
import { fuzz, FUZZ_DEADLINE_MS, peerBytes } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, type Platform, type TestFunction } from "./platform.ts";

/** Writes the bytes of its body to every socket that it has, then goes on as if nothing had been. */
const BABBLES = `const fs = require("node:fs");
module.exports = { fetch: async (request) => {
  const bytes = Buffer.from(await request.text(), "hex");
  for (const fd of fs.readdirSync("/proc/self/fd").map(Number)) {
    try { if (fs.fstatSync(fd).isSocket()) fs.writeSync(fd, bytes); } catch {}
  }
  return new Response("own answer");
} };`;

let platform: Platform;
let babbles: TestFunction;
let other: TestFunction;
beforeAll(async () => {
  platform = await startPlatform();
  babbles = await platform.deploy("babbles", BABBLES, { timeoutMs: 5_000 });
  other = await platform.deploy("other", `module.exports = { fetch: () => new Response("unharmed") };`);
});
afterAll(() => platform?.close());

test(
  "instance → worker",
  () =>
    fuzz("instance → worker", peerBytes, async (bytes) => {
      const answer = await platform.call(babbles, { body: bytes.toString("hex"), deadlineMs: Date.now() + 700 });
      expect(answer.head !== undefined || answer.failure !== undefined).toBe(true);
      const neighbour = await platform.call(other);
      expect(neighbour.body).toBe("unharmed");
    }),
  FUZZ_DEADLINE_MS,
);

test("no frame was too much for the worker", () => {
  expect(platform.lines.filter(({ level }) => level === "error")).toEqual([]);
});
