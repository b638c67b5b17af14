import { expect, test } from "vitest";
import { parseFlags, takePositionals } from "./command.ts";
import { UsageError } from "./failure.ts";

test("unknown flags and missing values are the caller's", () => {
  expect(() => parseFlags(["--nope"], {})).toThrow(new UsageError("Unknown option '--nope'"));
  expect(() => parseFlags(["--name"], { name: { type: "string" } })).toThrow(UsageError);
});

test("positionals are counted by their names", () => {
  expect(takePositionals(["a"], "name", "path?")).toEqual(["a"]);
  expect(() => takePositionals([], "name")).toThrow("<name> is missing");
  expect(() => takePositionals(["a", "b"], "name")).toThrow("unexpected argument 'b'");
});
