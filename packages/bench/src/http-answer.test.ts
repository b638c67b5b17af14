import { expect, test } from "vitest";
import { takeAnswer } from "./http-answer.ts";

const sized = "HTTP/1.1 200 OK\r\nX-Fn-Start: pool\r\nContent-Length: 6\r\n\r\nhello\n";
const chunked = "HTTP/1.1 502 Bad Gateway\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello\n\r\na;x=y\r\n0123456789\r\n0\r\n\r\n";

test.each([
  ["sized", sized, 200],
  ["chunked", chunked, 502],
])("a %s answer is taken when its last byte is there, and no earlier", (_, text, status) => {
  const bytes = Buffer.from(text);
  for (let length = 0; length < bytes.length; length++) expect(takeAnswer(bytes.subarray(0, length))).toBeUndefined();
  expect(takeAnswer(bytes)).toMatchObject({ answer: { status }, length: bytes.length });
  expect(takeAnswer(Buffer.concat([bytes, bytes]))?.length).toBe(bytes.length);
});

test("header names are lower case", () => {
  expect(takeAnswer(Buffer.from(sized))?.answer.headers.get("x-fn-start")).toBe("pool");
});

test.each([
  ["something else", "220 smtp.example\r\n\r\n"],
  ["no length", "HTTP/1.1 200 OK\r\n\r\nhello"],
  ["a broken chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
])("%s is refused", (_, text) => {
  expect(() => takeAnswer(Buffer.from(text))).toThrow();
});
