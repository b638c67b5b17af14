import { expect, test } from "vitest";
import { redactFailure, redactLog, redactNothing, redactor } from "./redact.ts";

const redact = redactor({ TOKEN: "s3cret-value", LONGER: "s3cret-value-and-more", SHORT: "abc" });

test("values of secrets are taken out, the longer one whole", () => {
  expect(redact("a s3cret-value and s3cret-value-and-more, s3cret-value")).toBe("a [secret TOKEN] and [secret LONGER], [secret TOKEN]");
});

test("a value so short that it could be any word stays", () => expect(redact("abc abcdef")).toBe("abc abcdef"));

test("a line loses them in its message and in its fields, at any depth", () => {
  const line = { time: 1, level: "info" as const, message: "m s3cret-value", fields: { a: [{ b: "s3cret-value" }], n: 1 } };
  expect(redactLog(redact, line)).toEqual({ ...line, message: "m [secret TOKEN]", fields: { a: [{ b: "[secret TOKEN]" }], n: 1 } });
});

test("what was thrown loses them in message and stack", () => {
  const error = { name: "Error", message: "no s3cret-value", stack: "Error: no s3cret-value\n at x" };
  expect(JSON.stringify(redactFailure(redact, { code: "FUNCTION_ERROR", detail: "d", error }))).not.toContain("s3cret-value");
});

test("without secrets nothing is copied", () => {
  const line = { time: 1, level: "info" as const, message: "m" };
  expect(redactor({})).toBe(redactNothing);
  expect(redactLog(redactNothing, line)).toBe(line);
});
