import { join } from "node:path";
import type { LogLine } from "@zygo/contracts";
import { startPlatform, waitFor, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(join(import.meta.dirname, "fixtures/talks.ts"));
});
afterAll(() => platform?.stop());

const say = (text: string, more = ""): Promise<Response> => fetch(platform.at(`talks?say=${text}${more}`));

/** `fn logs --json` once it holds what `find` looks for. */
function linesOnce(find: (lines: LogLine[]) => boolean): Promise<LogLine[]> {
  return waitFor("the lines", async () => {
    const { stdout } = await platform.fn(["logs", "talks", "--json"]);
    const lines = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as LogLine]));
    return find(lines) ? lines : undefined;
  });
}

const holds = (text: string) => (lines: LogLine[]) => lines.some(({ message }) => message.includes(text));

test("everything that an invocation writes is there, under its request id and with its level, in order", async () => {
  const requestId = await (await say("apple")).text();
  const lines = await linesOnce((all) => all.some(({ message, requestId: id }) => message === "structured" && id === requestId));
  const own = lines.filter((line) => line.requestId === requestId && line.level !== "debug");
  expect(own.map(({ level, message }) => [level, message])).toEqual([
    ["info", "log apple"],
    ["error", "error apple"],
    ["info", "written apple"],
    ["info", "structured"],
  ]);
  expect(own.at(-1)?.fields).toEqual({ said: "apple" });
});

test("the request id is the one that the caller got", async () => {
  const answer = await say("pear");
  expect(await answer.text()).toBe(answer.headers.get("x-fn-request-id"));
});

test("two invocations at the same time do not mix", async () => {
  const ids = await Promise.all(["plum", "fig", "kiwi"].map(async (text) => [text, await (await say(text)).text()] as const));
  const lines = await linesOnce((all) => ids.every(([, id]) => all.filter(({ requestId }) => requestId === id).length >= 4));
  for (const [text, id] of ids) {
    const messages = lines.filter(({ requestId, level }) => requestId === id && level !== "debug").map(({ message }) => message);
    expect(messages.slice(0, 3)).toEqual([`log ${text}`, `error ${text}`, `written ${text}`]);
  }
});

test("a stack trace names the lines of the TypeScript that the user wrote", async () => {
  await say("trouble", "&fail=1");
  const lines = await linesOnce(holds("failed with trouble"));
  const { message } = lines.find(({ message }) => message.includes("failed with trouble")) as LogLine;
  expect(message).toMatch(/^Error: failed with trouble\n/);
  expect(message).toMatch(/at fail \(.*fixtures\/talks\.ts:16:9\)/);
  expect(message).toMatch(/at .*talks.*fixtures\/talks\.ts:11:/);
});

test("people read time, level, request and message", async () => {
  const requestId = await (await say("quince")).text();
  await linesOnce(holds("log quince"));
  const { stdout } = await platform.fn(["logs", "talks"]);
  expect(stdout).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d [\\d:.]+  INFO   ${requestId}  log quince$`, "m"));
});

test("-f goes on as lines come, until Ctrl-C", async () => {
  const ctrlC = new AbortController();
  let seen = "";
  const following = platform.fn(["logs", "talks", "-f", "-n", "1"], { signal: ctrlC.signal, onOutput: (chunk) => (seen += chunk) });
  await waitFor("its first line", () => seen !== "");
  for (const text of ["one", "two"]) {
    await say(text);
    await waitFor("the line", () => seen.includes(`log ${text}`));
  }
  ctrlC.abort();
  expect((await following).code).toBe(0);
});

test("a platform fault is in the function's log too", async () => {
  await platform.deploy(join(import.meta.dirname, "../../../functions/hostile/exits.ts"));
  await fetch(platform.at("exits?code=9"));
  await waitFor("the line", async () => (await platform.fn(["logs", "exits"])).stdout.includes("exit code 9"));
});
