import { expect, test } from "vitest";
import { describeError } from "./describe-error.ts";

test("an error is its name, message and stack with the stacks of its causes", () => {
  const described = describeError(new TypeError("outer", { cause: new RangeError("inner") }), "FUNCTION_ERROR");
  expect(described).toMatchObject({ code: "FUNCTION_ERROR", detail: "TypeError: outer", error: { name: "TypeError", message: "outer" } });
  expect(described.error.stack).toMatch(/^TypeError: outer\n {4}at [^]*\n\[cause\]: RangeError: inner\n {4}at /);
});

test("causes in a circle end", () => {
  const error = new Error("round");
  error.cause = error;
  expect(describeError(error, "C").error.stack?.match(/\[cause\]/g)).toHaveLength(4);
});

test("a full call stack is known, another RangeError is not", () => {
  const dive = (): number => dive() + 1;
  let overflow: unknown;
  try {
    dive();
  } catch (error) {
    overflow = error;
  }
  expect(describeError(overflow, "FUNCTION_ERROR").code).toBe("FUNCTION_STACK_OVERFLOW");
  expect(describeError(new RangeError("Invalid array length"), "FUNCTION_ERROR").code).toBe("FUNCTION_ERROR");
});

test.each([
  [undefined, "Error: undefined was thrown"],
  ["text", "Error: 'text' was thrown"],
  [{ a: 1 }, "Error: { a: 1 } was thrown"],
  [{ message: "like an error" }, "Error: like an error"],
  [new Error(""), "Error"],
])("%j thrown is told as %j", (thrown, detail) => {
  expect(describeError(thrown, "C").detail).toBe(detail);
});

test("a long message is cut", () => {
  expect(describeError(new Error("x".repeat(100_000)), "C").detail.length).toBeLessThan(1100);
});
