import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const workshop = new Workshop();
const contexts = workshop.fixture("contexts.ts");
afterAll(() => workshop.remove());

describe.each(RUNTIMES)("serving on %s", (runtime) => {
  let instance: Instance;
  beforeEach(async () => {
    instance = new Instance(runtime, workshop.runtime);
    await instance.greeted();
  });
  afterEach(() => instance.close());

  test("load tells config, handlers and time", async () => {
    const loaded = await instance.load(contexts);
    expect(loaded).toEqual({
      ok: true,
      loadMs: expect.any(Number) as number,
      config: { memoryMb: 64, timeoutMs: 1000 },
      handlers: ["fetch", "scheduled"],
    });
    expect(loaded.loadMs).toBeGreaterThan(0);
  });

  test("a handler gets its request, variables and context, and nothing of the platform's environment", async () => {
    await instance.load(contexts, { env: { A: "1" } });
    const answer = await instance.ask({ method: "PUT", path: "/x?y=1", headers: [["x-test", "yes"]] });
    expect(JSON.parse(answer.text())).toEqual({
      shown: {
        requestId: "req_1",
        function: "test",
        version: "sha256:abc",
        attempt: 1,
        trigger: "http",
        deadlineMs: expect.any(Number) as number,
        left: expect.any(Number) as number,
        log: {},
        name: "kept",
      },
      env: { A: "1" },
      process: { env: { A: "1", NODE_ENV: "production" }, argv: [contexts], frozen: true },
      headers: [["x-test", "yes"]],
      url: "http://test.example/x?y=1",
      method: "PUT",
      imported: "function",
    });
    expect((JSON.parse(answer.text()) as { shown: { left: number } }).shown.left).toBeGreaterThan(20_000);
    expect(answer.head?.handlerMs).toBeGreaterThan(0);
    expect(answer.done).toEqual({ durationMs: expect.any(Number) as number });
  });

  test("cancel aborts the signals of request and context; only logs and done follow", async () => {
    await instance.load(contexts);
    const answer = instance.send({ path: "/aborts" });
    expect((await instance.ask({ path: "/collect" })).text()).toBe("collected");
    instance.cancel(answer.stream);
    await answer.until(({ done }) => done !== undefined);
    expect(answer.messages).toEqual(["AbortError: The caller left, true"]);
    expect([answer.head, answer.failure]).toEqual([undefined, undefined]);
  });

  test("100 invocations run at once", async () => {
    await instance.load(contexts);
    const answers = await Promise.all(Array.from({ length: 100 }, () => instance.ask({ path: "/slow" })));
    expect(answers.map((answer) => answer.text())).toEqual(Array.from({ length: 100 }, () => "100"));
  });

  test("a Hono app is served, its execution context included", async () => {
    await instance.load(workshop.fixture("hono-app.ts"));
    expect((await instance.ask({ path: "/hello/zygo" })).text()).toBe('{"hello":"zygo"}');
    expect((await instance.ask({ path: "/other" })).head?.status).toBe(404);
  });

  test("an ES module may await at its top; named methods answer, HEAD as GET, others are refused", async () => {
    const loaded = await instance.load(workshop.fixture("awaits.ts", "esm"), { hasSourceMap: true });
    expect(loaded).toMatchObject({ ok: true, handlers: ["GET", "POST", "HEAD"] });
    expect((await instance.ask()).text()).toBe("slow/word");
    const head = await instance.ask({ method: "HEAD" });
    expect([head.head?.status, head.bodyBytes]).toEqual([200, 0]);
    const refused = await instance.ask({ method: "DELETE" });
    expect([refused.head?.status, refused.header("allow"), refused.header("content-type")]).toEqual([
      405,
      "GET, POST, HEAD",
      "application/problem+json",
    ]);
    expect(JSON.parse(refused.text())).toMatchObject({ code: "METHOD_NOT_ALLOWED", requestId: "req_3" });
    expect((await instance.ask({ method: "POST" })).failure?.error?.stack).toMatch(/fixtures\/awaits\.ts:7:9\)/);
  });

  test.each([
    ["a bare function", "module.exports = (request, env, ctx) => new Response(`bare ${ctx.requestId}`)", "bare req_1"],
    ["module.exports = { fetch }", "module.exports = { word: 'own', fetch() { return new Response(this.word) } }", "own"],
    ["a doubled default", "exports.__esModule = true; exports.default = { default: () => new Response('inner') }", "inner"],
    ["an instance of a class", "exports.default = new (class { #w = 'private'; fetch() { return new Response(this.#w) } })", "private"],
    [
      "require of a built-in",
      "const { basename } = require('node:path'); exports.GET = () => new Response(basename(__filename))",
      /^source-\d+\.cjs$/,
    ],
  ])("%s is served", async (_name, source, text) => {
    expect(await instance.load(workshop.source(source))).toMatchObject({ ok: true });
    expect((await instance.ask()).text()).toMatch(text);
  });

  test.each([
    ["throws", "throw new TypeError('at load')", "FUNCTION_LOAD_FAILED", /^at load$/],
    ["does not parse", "const = 1", "FUNCTION_LOAD_FAILED", /Unexpected token/],
    ["lacks a module", "require('left-pad')", "FUNCTION_LOAD_FAILED", /Cannot find module 'left-pad'/],
    ["exports nothing", "exports.helper = 1", "INVALID_BUNDLE", /export default \{ fetch\(request, env, ctx\) \}/],
    ["exports a class", "exports.default = class { fetch() {} }", "INVALID_BUNDLE", /is a class; export an instance/],
    [
      "has a config that is no JSON",
      "const config = {}; config.me = config; module.exports = { config, fetch() {} }",
      "INVALID_CONFIG",
      /JSON/,
    ],
    ["has a function for its config", "module.exports = { config() {}, fetch() {} }", "INVALID_CONFIG", /JSON/],
  ])("a bundle that %s does not load", async (_name, source, code, message) => {
    const loaded = await instance.load(workshop.source(source));
    expect(loaded).toMatchObject({
      ok: false,
      handlers: [],
      config: null,
      error: { code, message: expect.stringMatching(message) as string },
    });
  });

  test("a syntax error names its line", async () => {
    const loaded = await instance.load(workshop.source("let a = 1;\nlet b = ;\n"));
    expect(loaded.error?.stack).toMatch(/source-\d+\.cjs:2/);
  });

  test("a function that replaces built-ins breaks itself and not the protocol", async () => {
    await instance.load(workshop.fixture("hostile.ts"));
    await instance.ask({ path: "/replace" });
    const answer = await instance.ask({ path: "/" });
    expect(answer.failure).toBeUndefined();
    expect([answer.head?.status, answer.header("x-a"), answer.text(), answer.messages]).toEqual([200, "1", "served", ["still logged"]]);
    expect(answer.done!.durationMs).toBeGreaterThan(0);
  });

  test("a frame that is no protocol of ours ends the process", async () => {
    await instance.load(contexts);
    instance.sendRaw(Buffer.alloc(64, 0xff));
    expect((await instance.exited).code).toBe(70);
  });
});
