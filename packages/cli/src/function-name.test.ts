import { FunctionName } from "@zygo/contracts";
import { expect, test } from "vitest";
import { UsageError } from "./failure.ts";
import { checkName, nameOfFile } from "./function-name.ts";

test.each([
  ["hello.ts", "hello"],
  ["src/My_Api.v2.ts", "my-api-v2"],
  ["shop/index.ts", "shop"],
  ["9lives.ts", "lives"],
  ["--x--.mjs", "x"],
  [`${"a".repeat(62)}-b.ts`, "a".repeat(62)],
])("%s is deployed as %s", (file, name) => {
  expect(nameOfFile(file)).toBe(name);
  expect(FunctionName.safeParse(name).success).toBe(true);
});

test("a file that gives no name asks for one", () => {
  expect(() => nameOfFile("123.ts")).toThrow(/'123': give one with --name/);
});

test.each(["a", "a-b", "a1", "a".repeat(63), "", "A", "1a", "a-", "-a", "a_b", "a.b", "a".repeat(64), "a\n"])(
  "'%s' is a name here when it is one for the platform",
  (name) => {
    const accepted = FunctionName.safeParse(name).success;
    if (accepted) expect(checkName(name)).toBe(name);
    else expect(() => checkName(name)).toThrow(UsageError);
  },
);
