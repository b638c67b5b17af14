import { expect, test } from "vitest";
import { functionOfHost, requestHeaders, responseHeaders } from "./internal-request.ts";

test.each([
  ["hello.fn.internal", "hello"],
  ["Hello.FN.internal", "hello"],
  ["hello.fn.internal:80", "hello"],
  ["hello.fn.internal:8080", undefined],
  ["a.b.fn.internal", undefined],
  ["../api.fn.internal", undefined],
  ["fn.internal", undefined],
  ["hello.fn.internal.evil.com", undefined],
  [undefined, undefined],
])("host %s names %s", (host, name) => expect(functionOfHost(host)).toBe(name));

test("user code cannot vouch for itself, nor speak for the connection", () =>
  expect(
    requestHeaders([
      "X-FN-Caller",
      "admin",
      "x-fn-depth",
      "0",
      "Connection",
      "close",
      "Host",
      "h",
      "Accept",
      "*/*",
      "X-A",
      "1",
      "X-A",
      "2",
    ]),
  ).toEqual(["Accept", "*/*", "X-A", "1", "X-A", "2"]));

test("an answer keeps the platform's headers", () =>
  expect(responseHeaders(["x-fn-start", "hot", "Keep-Alive", "timeout=5"])).toEqual(["x-fn-start", "hot"]));
