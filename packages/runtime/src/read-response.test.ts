import { expect, test } from "vitest";
import { InvalidResponse, readResponse } from "./read-response.ts";

test("a Response is its status, headers with each cookie apart, and body", () => {
  const headers = new Headers({ b: "2" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  const { status, headers: list, body } = readResponse(new Response("x", { status: 418, headers }));
  expect(status).toBe(418);
  expect(list).toEqual([
    ["b", "2"],
    ["content-type", "text/plain;charset=UTF-8"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  expect(body).toBeInstanceOf(ReadableStream);
});

test("no body is null", () => {
  expect(readResponse(new Response(null)).body).toBeNull();
});

test.each([[undefined], [null], ["text"], [12], [{}], [{ status: 200, headers: {} }], [Promise.resolve()], [() => new Response()]])(
  "%o is no Response",
  (returned) => {
    expect(() => readResponse(returned)).toThrow(InvalidResponse);
  },
);

test.each([0, 101, 199, 600, 200.5])("status %d is refused", (status) => {
  const like = { status, headers: new Headers(), body: null, arrayBuffer: () => Promise.resolve(new ArrayBuffer(0)) };
  expect(() => readResponse(like)).toThrow(/status .*200 to 599/);
});
