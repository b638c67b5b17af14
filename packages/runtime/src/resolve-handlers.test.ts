import { expect, test } from "vitest";
import { NoHandlers, resolveHandlers } from "./resolve-handlers.ts";

const handler = (): string => "answer";

/** What the entry answers a GET with, called as the runtime calls it. */
const answer = (exports: unknown, method = "GET"): unknown => resolveHandlers(exports).forMethod(method)?.({}, {}, {});

test.each([
  ["default { fetch }", { default: { fetch: handler } }],
  ["default function", { default: handler }],
  ["module.exports = function", handler],
  ["module.exports = { fetch }", { fetch: handler }],
  ["a default within the default, as an ES module sees CommonJS", { default: { __esModule: true, default: handler } }],
  ["a named GET", { GET: handler }],
  ["a named GET within the default, as an ES module sees CommonJS", { default: { GET: handler } }],
  ["a function that has members", Object.assign(() => "answer", { config: 1 })],
])("%s answers", (_shape, exports) => {
  expect(answer(exports)).toBe("answer");
});

test("fetch is called on its object and looked up at each call", () => {
  const app = { word: "first", fetch: (): unknown => undefined };
  const handlers = resolveHandlers({ default: app });
  app.fetch = function (this: typeof app) {
    return this.word;
  };
  expect(handlers.forMethod("GET")?.({}, {}, {})).toBe("first");
});

test("a default export wins over named methods", () => {
  expect(answer({ default: handler, GET: () => "other" })).toBe("answer");
});

test("HEAD falls back to GET, and what is absent is told", () => {
  const handlers = resolveHandlers({ GET: handler, POST: handler });
  expect(handlers.forMethod("HEAD")).toBe(handler);
  expect(handlers.forMethod("PUT")).toBeUndefined();
  expect(handlers.allowed).toEqual(["GET", "POST", "HEAD"]);
});

test("names tell of scheduled and queue, once, wherever they are", () => {
  const scheduled = handler;
  expect(resolveHandlers({ default: { fetch: handler, scheduled }, scheduled }).names).toEqual(["fetch", "scheduled"]);
  expect(resolveHandlers({ GET: handler, queue: handler }).names).toEqual(["GET", "HEAD", "queue"]);
});

test.each([
  ["undefined", undefined],
  ["a string", "text"],
  ["an empty module", {}],
  ["a helper alone", { helper: handler }],
  ["a fetch that is no function", { default: { fetch: "url" } }],
])("%s is refused with the shapes that are accepted", (_name, exports) => {
  expect(() => resolveHandlers(exports)).toThrow(/fetch\(request, env, ctx\).*named GET/);
  expect(() => resolveHandlers(exports)).toThrow(NoHandlers);
});

test("a class is refused by name", () => {
  expect(() => resolveHandlers({ default: class {} })).toThrow("export an instance of it");
});
