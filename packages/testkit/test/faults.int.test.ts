import type { ErrorCode } from "@zygo/contracts";
import { example, settled, startPlatform, type Held, type Platform } from "@zygo/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "./expect-problem.ts";

/** Far below the 30 s that a function has unless it says otherwise: whoever is told by then was not kept waiting for a deadline. */
const AT_ONCE_MS = 5_000;

const HOSTILE = ["throws", "rejects", "exits", "aborts", "overflows", "hoards", "spins", "late", "bad-response", "breaks-off"];

let platform: Platform;
let pids: ReturnType<Platform["pids"]>;
let before: Held;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.deploy(example("hello"));
  await fetch(platform.at("hello")); // Opens the worker's link to the gateway, which stays.
  await platform.client.delete("hello");
  before = await platform.rest();
  await platform.deploy(example("hello"));
  await platform.deployAll(HOSTILE.map((name) => example(`hostile/${name}`)));
  pids = platform.pids();
});
afterAll(() => platform?.stop());

async function call(target: string): Promise<{ answer: Response; tookMs: number }> {
  const at = performance.now();
  return { answer: await fetch(platform.at(target)), tookMs: performance.now() - at };
}

/** What any fault must leave alone: another function, and the platform's processes. */
async function expectUnharmed(): Promise<void> {
  expect(await (await fetch(platform.at("hello"))).text()).toBe("hello\n");
  expect(platform.pids()).toEqual(pids);
}

describe("each fault has its code, the caller is told at once, the next call gets a whole instance", () => {
  test.each<[what: string, target: string, code: ErrorCode]>([
    ["throw", "throws", "FUNCTION_ERROR"],
    ["throw after an await", "throws?late=1", "FUNCTION_ERROR"],
    ["a rejected promise that nobody awaits", "rejects", "FUNCTION_UNHANDLED_REJECTION"],
    ["process.exit", "exits?code=3", "FUNCTION_EXITED"],
    ["process.exit(0)", "exits?code=0", "FUNCTION_EXITED"],
    ["abort", "aborts", "FUNCTION_CRASHED"],
    ["a segmentation fault", "aborts?signal=SIGSEGV", "FUNCTION_CRASHED"],
    ["a kill", "aborts?signal=SIGKILL", "FUNCTION_CRASHED"],
    ["stack overflow", "overflows", "FUNCTION_STACK_OVERFLOW"],
    ["buffers over the memory limit", "hoards", "FUNCTION_OOM"],
    ["objects over the memory limit", "hoards?kind=heap", "FUNCTION_OOM"],
    ["no answer", "bad-response?kind=undefined", "FUNCTION_INVALID_RESPONSE"],
    ["null for an answer", "bad-response?kind=null", "FUNCTION_INVALID_RESPONSE"],
    ["text for an answer", "bad-response?kind=text", "FUNCTION_INVALID_RESPONSE"],
    ["an object for an answer", "bad-response?kind=object", "FUNCTION_INVALID_RESPONSE"],
    ["an answer whose body was read", "bad-response?kind=used", "FUNCTION_INVALID_RESPONSE"],
    ["Response.error()", "bad-response?kind=error", "FUNCTION_INVALID_RESPONSE"],
  ])("%s", async (_, target, code) => {
    for (const turn of ["first", "second"]) {
      const { answer, tookMs } = await call(target);
      await expectProblem(answer, code);
      expect(tookMs, turn).toBeLessThan(AT_ONCE_MS);
    }
    await expectUnharmed();
  });
});

describe("what is told of a fault", () => {
  test("where in the code it happened is for the developer's log, not for the caller", async () => {
    const { answer } = await call("throws");
    expect(await answer.text()).not.toMatch(/\bat |\.ts|\.cjs/);
  });

  test("the exit code", async () => {
    expect(await expectProblem((await call("exits?code=3")).answer, "FUNCTION_EXITED")).toContain("exit code 3");
  });

  test("the signal", async () => {
    expect(await expectProblem((await call("aborts?signal=SIGSEGV")).answer, "FUNCTION_CRASHED")).toContain("SIGSEGV");
  });

  test("the memory limit", async () => {
    expect(await expectProblem((await call("hoards")).answer, "FUNCTION_OOM")).toContain("64 MiB");
  });

  test("the command exits with 1 and tells the problem on standard error", async () => {
    const { code, stdout, stderr } = await platform.fn(["invoke", "throws"]);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining("FUNCTION_ERROR")]);
  });
});

test("memory within the limit is no fault", async () => {
  const answer = await fetch(platform.at("hoards?mb=16"));
  expect([answer.status, await answer.text()]).toEqual([200, "kept 16 MiB\n"]);
});

describe("the deadline", () => {
  test("ends an endless loop on time, and the next call works", async () => {
    const { answer, tookMs } = await call("spins");
    await expectProblem(answer, "FUNCTION_TIMEOUT");
    expect(tookMs).toBeGreaterThanOrEqual(990);
    expect(tookMs, "on time").toBeLessThan(1_900);
    expect(await (await fetch(platform.at("spins?ms=1"))).text()).toBe("done\n");
    await expectUnharmed();
  });

  test("answers for a function that is late, and its late answer goes nowhere", async () => {
    const { answer, tookMs } = await call("late");
    await expectProblem(answer, "FUNCTION_TIMEOUT");
    expect(tookMs, "before the function would have answered").toBeLessThan(800);
    await expectUnharmed();
  });

  test("cuts a body that does not go on", async () => {
    const answer = await fetch(platform.at("breaks-off?never=1"));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    await expectUnharmed();
  });

  test("ends a module that does not end to load", async () => {
    const spinAfter = Date.now() + 3_000;
    await platform.deploy(example("hostile/spins-at-load"), "--env", `SPIN_AFTER=${spinAfter}`, "--no-template");
    await new Promise((resolve) => setTimeout(resolve, spinAfter - Date.now()));
    const { answer, tookMs } = await call("spins-at-load");
    await expectProblem(answer, "FUNCTION_TIMEOUT");
    expect(tookMs).toBeLessThan(1_900);
    await platform.client.delete("spins-at-load");
    await expectUnharmed();
  });
});

test("a body that fails half-way does not look whole", async () => {
  const answer = await fetch(platform.at("breaks-off"));
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
  await expectUnharmed();
});

test("faults at the same time harm none but themselves", async () => {
  const targets = ["throws", "exits", "aborts", "overflows", "hoards", "rejects", "spins", "late"].flatMap((name) => [name, "hello"]);
  const statuses = await Promise.all(targets.map(async (target) => (await fetch(platform.at(target))).status));
  expect(statuses.filter((_, index) => targets[index] === "hello")).toEqual(Array(8).fill(200));
  expect(statuses.filter((_, index) => targets[index] !== "hello").every((status) => status === 502 || status === 504)).toBe(true);
  await expectUnharmed();
});

test("nothing of all that is left: processes, mounts, cgroups, network namespaces, descriptors", async () => {
  await Promise.all(["hello", ...HOSTILE].map((name) => platform.client.delete(name)));
  expect(await settled(before, () => platform.held(), 15_000)).toEqual(before);
});
