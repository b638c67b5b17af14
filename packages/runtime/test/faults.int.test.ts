import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const workshop = new Workshop();
const bundle = workshop.fixture("faults.ts");
afterAll(() => workshop.remove());

describe.each(RUNTIMES)("faults on %s", (runtime) => {
  let instance: Instance;
  const start = async (): Promise<Instance> => {
    const started = new Instance(runtime, workshop.runtime);
    await started.greeted();
    expect(await started.load(bundle, { hasSourceMap: true })).toMatchObject({ ok: true });
    return started;
  };
  beforeAll(async () => {
    instance = await start();
  });
  afterAll(() => instance.close());

  test.each([
    ["/throw", "FUNCTION_ERROR", "PaymentRefused: card 12 refused"],
    ["/reject", "FUNCTION_ERROR", "TypeError: rejected"],
    ["/throw-string", "FUNCTION_ERROR", "Error: 'just text' was thrown"],
    ["/throw-null", "FUNCTION_ERROR", "Error: null was thrown"],
    ["/throw-trap", "FUNCTION_ERROR", expect.stringMatching(/^Error: .*\{\}.* was thrown$/)],
    ["/overflow", "FUNCTION_STACK_OVERFLOW", "RangeError: Maximum call stack size exceeded"],
    ["/range", "FUNCTION_ERROR", "RangeError: Invalid array length"],
    ["/undefined", "FUNCTION_INVALID_RESPONSE", "The handler returned undefined, not a Response"],
    ["/text", "FUNCTION_INVALID_RESPONSE", "The handler returned a string, not a Response"],
    ["/getter", "FUNCTION_ERROR", "Error: a getter threw"],
    ["/status-zero", "FUNCTION_INVALID_RESPONSE", "The handler's Response has status 0; a function answers with 200 to 599"],
    ["/used", "FUNCTION_INVALID_RESPONSE", "The handler's Response has a body that was read already"],
    ["/huge-headers", "FUNCTION_INVALID_RESPONSE", "The handler's Response has more than 256 KiB of headers"],
  ])("%s fails with %s, and the next call works", async (path, code, detail) => {
    const answer = await instance.ask({ path });
    expect(answer.failure).toMatchObject({ code, detail });
    expect(answer.head).toBeUndefined();
    expect((await instance.ask({ path: "/ok" })).text()).toBe("ok");
  });

  test("what was returned instead of a Response is shown", async () => {
    const answer = await instance.ask({ path: "/object" });
    expect(answer.failure?.detail).toBe("The handler returned an object, { statusCode: 200, body: 'like elsewhere' }, not a Response");
  });

  test("a Response of a polyfill is accepted", async () => {
    const answer = await instance.ask({ path: "/polyfill" });
    expect([answer.head?.status, answer.header("x-made"), answer.text()]).toEqual([201, "by hand", "polyfilled"]);
  });

  test("stacks point into the user's file, name causes and end before the runtime", async () => {
    const { failure } = await instance.ask({ path: "/throw" });
    expect(failure?.error?.name).toBe("PaymentRefused");
    expect(failure?.error?.stack).toMatch(/at .*test\/fixtures\/faults\.ts:11:11\)/);
    expect(failure?.error?.stack).not.toMatch(/runtime-test-|instance\.cjs/);
    const caused = await instance.ask({ path: "/cause" });
    expect(caused.failure?.error?.stack).toMatch(/Error: outer[^]*faults\.ts:\d+[^]*\[cause\]: Error: inner[^]*faults\.ts:\d+/);
  });

  test("a request that no Request can be made of is the caller's fault", async () => {
    expect((await instance.ask({ method: "TRACE", path: "/ok" })).failure?.code).toBe("INVALID_REQUEST");
  });

  test.each([
    ["/unhandled", "FUNCTION_UNHANDLED_REJECTION", "Error: nobody awaits me"],
    ["/uncaught", "FUNCTION_ERROR", "Error: thrown from a timer"],
    ["/remove-listeners", "FUNCTION_ERROR", "Error: still noticed"],
  ])("%s fails its invocation and ends the process", async (path, code, detail) => {
    const victim = await start();
    const answer = victim.send({ path });
    expect(await victim.exited).toEqual({ code: 70, signal: null });
    expect(answer.failure).toMatchObject({ code, detail });
    expect(answer.failure?.error?.stack).toContain("test/fixtures/faults.ts:");
  });

  test("an unhandled rejection fails the invocation that it came from", async () => {
    const victim = await start();
    const other = victim.send({ path: "/wait" });
    const answer = victim.send({ path: "/unhandled" });
    await victim.exited;
    expect(answer.failure?.code).toBe("FUNCTION_UNHANDLED_REJECTION");
    expect(other.failure).toBeUndefined();
  });

  test("a function that listens for unhandled rejections handles them itself", async () => {
    const victim = await start();
    const answer = await victim.ask({ path: "/handled-myself" });
    expect([answer.text(), answer.messages]).toEqual(["survived", ["mine"]]);
    await victim.close();
  });

  test("process.exit ends the process with its code, after its listeners and with what was logged", async () => {
    const first = await start();
    const spoke = first.send({ path: "/exit" });
    expect(await first.exited).toEqual({ code: 3, signal: null });
    expect(spoke.messages).toEqual(["last words"]);
    const second = await start();
    const listened = second.send({ path: "/exit-listener" });
    expect(await second.exited).toEqual({ code: 4, signal: null });
    expect(listened.messages).toEqual(["leaving with 4"]);
  });

  test("a fatal signal ends the process as itself", async () => {
    const victim = await start();
    victim.send({ path: "/kill" });
    expect((await victim.exited).signal).toBe("SIGSEGV");
  });

  test("an instance ends when the worker closes its end", async () => {
    const orphan = await start();
    orphan.hangUp();
    expect(await orphan.exited).toEqual({ code: 0, signal: null });
  });
});
