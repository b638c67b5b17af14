import { afterEach, expect, test } from "vitest";
import { doneText, failureText, loadedText, logText, responseText } from "./json-text.ts";

const polluted = Object.prototype as unknown as Record<string, unknown>;
afterEach(() => {
  delete polluted["toJSON"];
  delete polluted["error"];
  delete polluted["stack"];
});

test("each payload is the JSON of its type", () => {
  expect(
    JSON.parse(
      responseText({
        status: 201,
        headers: [
          ["a", 'b"\n'],
          ["c", "é"],
        ],
        handlerMs: 1.23456,
      }),
    ),
  ).toEqual({
    status: 201,
    headers: [
      ["a", 'b"\n'],
      ["c", "é"],
    ],
    handlerMs: 1.235,
  });
  expect(JSON.parse(responseText({ status: 204, headers: [], handlerMs: 0 }))).toEqual({ status: 204, headers: [], handlerMs: 0 });
  expect(JSON.parse(doneText({ durationMs: 2 }))).toEqual({ durationMs: 2 });
  const error = { name: "E", message: "m", stack: "E: m\n    at x" };
  expect(JSON.parse(failureText({ code: "C", detail: "d", error }))).toEqual({ code: "C", detail: "d", error });
  expect(JSON.parse(failureText({ code: "C", detail: "d", error: { name: "E", message: "" } }))).toEqual({
    code: "C",
    detail: "d",
    error: { name: "E", message: "" },
  });
  expect(JSON.parse(logText({ time: 1, level: "warn", message: "\ud800" }, '{"a":1}'))).toEqual({
    time: 1,
    level: "warn",
    message: "\ud800",
    fields: { a: 1 },
  });
  expect(
    JSON.parse(loadedText({ ok: false, loadMs: 1, handlers: ["GET", "POST"], error: { code: "C", name: "E", message: "m" } }, "null")),
  ).toEqual({ ok: false, loadMs: 1, config: null, handlers: ["GET", "POST"], error: { code: "C", name: "E", message: "m" } });
});

test("members that a function put on Object.prototype do not show", () => {
  polluted["toJSON"] = () => "polluted";
  expect(responseText({ status: 200, headers: [["a", "b"]], handlerMs: 0 })).toBe('{"status":200,"headers":[["a","b"]],"handlerMs":0.000}');
  expect(logText({ time: 1, level: "info", message: "m" }, undefined)).toBe('{"time":1,"level":"info","message":"m"}');
});
