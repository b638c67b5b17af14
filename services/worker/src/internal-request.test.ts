import { expect, test } from "vitest";
import { functionOfHost, gatewayPath, requestHeaders, responseHeaders } from "./internal-request.ts";

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

test("what a function asks for is in its own tenant, whatever it names", () => {
  const path = (url: string): string => gatewayPath("queue.platform.fn.internal", url, "acme");
  expect([gatewayPath("mail.fn.internal", "/a?b", "acme"), path("/mail")]).toEqual(["/fn/acme.mail/a?b", "/queues/acme.mail"]);
  for (const url of ["/other.mail", "/other%2email", "/mail/", "/mail?x", "/../api", "/", "*"])
    expect(() => path(url)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }) as Error);
  for (const host of ["api.platform.fn.internal", "queue.platform.fn.internal:81", undefined])
    expect(() => gatewayPath(host, "/mail", "acme")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }) as Error);
});

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
