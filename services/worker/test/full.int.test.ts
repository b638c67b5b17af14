import { afterAll, beforeAll, expect, test } from "vitest";
import { startPlatform, type Platform } from "./platform.ts";

/** All that a worker with two instances holds. */
const FULL = 16;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ maxInstances: 2 });
}, 30_000);
afterAll(() => platform.close(), 30_000);

test("an instance that dies with all that the worker can hold leaves a worker that takes more", async () => {
  const source = `let n = 0; exports.fetch = (request) => {
    if (request.url.endsWith("/ok")) return new Response("ok");
    if (++n === ${FULL}) setTimeout(() => process.exit(3), 50);
    return new Promise(() => {});
  };`;
  const fatal = await platform.deploy("fatal", source, { concurrency: 100, maxInstances: 1 });
  const last = await Promise.all(Array.from({ length: FULL }, () => platform.call(fatal)));
  expect(last.map(({ failure }) => failure?.code)).toEqual(new Array(FULL).fill("FUNCTION_EXITED"));
  expect((await platform.call(fatal, { url: "http://t/ok" })).body).toBe("ok");
});
