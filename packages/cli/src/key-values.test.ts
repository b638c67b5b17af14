import { expect, test } from "vitest";
import { UsageError } from "./failure.ts";
import { readEnv, readHeader } from "./key-values.ts";

test("a value may be empty and may hold '='; the last of a name wins", () => {
  expect(readEnv(["A=", "B=x=y", "B=z"], [])).toEqual({ A: "", B: "z" });
});

test.each(["A", "=x", ""])("--env is not '%s'", (pair) => {
  expect(() => readEnv([pair], [])).toThrow(UsageError);
});

test("a missing --env-file is named", () => {
  expect(() => readEnv([], ["/no/such/file"])).toThrow("--env-file /no/such/file cannot be read");
});

test("headers are split at the first colon", () => {
  expect(readHeader("X-A:  b:c ")).toEqual(["X-A", "b:c"]);
  expect(() => readHeader("no colon")).toThrow(UsageError);
});
