import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const workshop = new Workshop();
const bundle = workshop.fixture("logs.ts");
afterAll(() => workshop.remove());

describe.each(RUNTIMES)("logs on %s", (runtime) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = new Instance(runtime, workshop.runtime, true);
    await instance.greeted();
    await instance.load(bundle, { hasSourceMap: true });
  });
  afterAll(() => instance.close());

  const levelsOf = async (path: string): Promise<string[]> =>
    (await instance.ask({ path })).logs.map((log) => `${log.level}: ${log.message}`);

  test("what loading prints belongs to no invocation", () => {
    expect(instance.outside.messages).toEqual(["printed while loading"]);
  });

  test("each method of console has its level", async () => {
    expect(await levelsOf("/levels")).toEqual(["debug: a debug", "info: a log", "info: an info", "warn: a warn", "error: an error"]);
  });

  test("lines are formatted as by Node", async () => {
    const { messages } = await instance.ask({ path: "/format" });
    expect(messages[0]).toBe(`x is 42, {"a":1} [ 1, 'b' ] Map(1) { 'k' => { v: null } }`);
    expect(messages.slice(1, 3)).toEqual(["group", "  two\n  lines"]);
    expect(messages[3]).toContain("(index)");
    expect(messages.slice(4)).toEqual(["Assertion failed: asserted", ""]);
  });

  test("process.stdout and stderr come line by line, the last one without its end", async () => {
    expect(await levelsOf("/streams")).toEqual(["info: half a line", "info: and one", "error: from stderr", "info: no end"]);
  });

  test("ctx.log keeps fields that are JSON and tells of others", async () => {
    const { logs } = await instance.ask({ path: "/structured" });
    expect(logs.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ["info", "with fields", { a: 1, b: ["c"] }],
      ["debug", "without", undefined],
      ["warn", "circular", { omitted: "fields are not JSON" }],
      ["error", "too long", { omitted: "fields longer than 16 KiB" }],
    ]);
    expect(Math.abs(logs[0]!.time - Date.now())).toBeLessThan(60_000);
  });

  test("a long message is cut at 16 KiB, between characters", async () => {
    const { messages } = await instance.ask({ path: "/long" });
    expect(messages).toEqual([`${"é".repeat(8192)}… [23616 bytes cut]`]);
  });

  test("an invocation's output is bounded, and says so once; the next one's is whole", async () => {
    const { logs } = await instance.ask({ path: "/flood" });
    expect(logs.at(-1)).toMatchObject({ level: "warn", message: "output truncated" });
    expect(logs.filter(({ message }) => message === "output truncated")).toHaveLength(1);
    const bytes = logs.reduce((sum, log) => sum + JSON.stringify(log).length, 0);
    expect(bytes).toBeGreaterThan(255 * 1024);
    expect(bytes).toBeLessThan(257 * 1024);
    expect(await levelsOf("/levels")).toHaveLength(5);
  });

  test("invocations that run at once keep their lines apart", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => instance.ask({ path: "/later" })));
    for (const { messages } of answers) {
      expect(messages.map((message) => message.split(" ").slice(1).join(" "))).toEqual(["step 0", "step 1", "step 2"]);
      expect(new Set(messages.map((message) => message.split(" ")[0])).size).toBe(1);
    }
  });

  test("done waits for waitUntil, whose failures are logged", async () => {
    const answer = instance.send({ path: "/wait-until" });
    await answer.until(({ ended }) => ended);
    expect(answer.done).toBeUndefined();
    await answer.until(({ done }) => done !== undefined);
    expect(answer.messages[0]).toMatch(/^waitUntil: Error: work failed\n {4}at [^]*fixtures\/logs\.ts:\d+:\d+/);
    expect(answer.messages[1]).toMatch(/ afterwards$/);
    expect(answer.done!.durationMs).toBeGreaterThan(15);
  });

  test("a line that comes after done belongs to no invocation", async () => {
    const answer = await instance.ask({ path: "/after-done" });
    await instance.outside.until(({ messages }) => messages.some((message) => message.endsWith("is long gone")));
    expect(answer.messages).toEqual([]);
  });

  test("a printed error has its stack in the user's file", async () => {
    const { messages } = await instance.ask({ path: "/error" });
    expect(messages[0]).toMatch(/^Error: printed\n {4}at [^\n]*fixtures\/logs\.ts:62:19\)/);
    expect(messages[0]).not.toContain("instance.cjs");
  });

  test("Node's warnings are logged and not printed", async () => {
    expect(await levelsOf("/warning")).toEqual(["warn: Warning: take care"]);
    expect(instance.stderr).toEqual([]);
  });

  test("a worker that does not read does not make the instance grow", async () => {
    instance.pauseReading();
    const answers = Array.from({ length: 40 }, () => instance.send({ path: "/flood" }));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    instance.resumeReading();
    await Promise.all(answers.map((answer) => answer.until(({ done }) => done !== undefined)));
    const total = answers.reduce((sum, { logs }) => sum + logs.length, 0);
    // 40 × 256 KiB were allowed; what exceeded the backlog is gone.
    expect(total * 150).toBeLessThan(4 * 1024 * 1024);
  });
});
