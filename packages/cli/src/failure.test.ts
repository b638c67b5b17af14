import { BundleError, BundlerFailedError } from "@zygo/bundle";
import { ApiError } from "@zygo/client";
import { expect, test } from "vitest";
import { EXIT } from "./exit-codes.ts";
import { UsageError, toFailure } from "./failure.ts";

const MESSAGE = { file: "/x/a.ts", line: 1, column: 2, length: 1, text: "Expected x", lineText: "abc" };

test.each([
  [new UsageError("wrong"), EXIT.usage, "USAGE"],
  [new ApiError("UNREACHABLE", "nothing there"), EXIT.unreachable, "UNREACHABLE"],
  [new ApiError("TIMEOUT", "no answer"), EXIT.unreachable, "TIMEOUT"],
  [new ApiError("FUNCTION_NOT_FOUND", "no such function"), EXIT.notFound, "FUNCTION_NOT_FOUND"],
  [new ApiError("INVALID_CONFIG", "bad config"), EXIT.invalidFunction, "INVALID_CONFIG"],
  [new ApiError("INVALID_BUNDLE", "does not load"), EXIT.invalidFunction, "INVALID_BUNDLE"],
  [new ApiError("OVERLOADED", "full"), EXIT.failed, "OVERLOADED"],
  [new BundleError([MESSAGE]), EXIT.invalidFunction, "INVALID_BUNDLE"],
  [new BundlerFailedError("fn-jail: make namespaces: Operation not permitted"), EXIT.failed, "BUNDLER_FAILED"],
  [new DOMException("stopped", "AbortError"), EXIT.interrupted, "INTERRUPTED"],
  [new Error("odd"), EXIT.failed, "UNEXPECTED"],
  ["odd", EXIT.failed, "UNEXPECTED"],
])("%s exits with %i", (error, exit, code) => {
  expect(toFailure(error)).toMatchObject({ exit, problem: { code } });
});

test("a refused config names the member, even where its source is not at hand", () => {
  const issues = [{ path: ["memoryMb"], message: "expected number" }];
  const problem = {
    code: "INVALID_CONFIG",
    title: "t",
    status: 422,
    detail: "The config is invalid",
    requestId: "r1",
    retryable: false,
    issues,
  };
  const { text, problem: shown } = toFailure(new ApiError("INVALID_CONFIG", "The config is invalid", { status: 422, problem }));
  expect(text).toBe("The config is invalid (INVALID_CONFIG, request r1)");
  expect(toFailure(new ApiError("INVALID_CONFIG", "The config is invalid", { problem }), "/no/such/a.ts").text).toBe(
    "/no/such/a.ts: config.memoryMb: expected number",
  );
  expect(shown).toMatchObject({ requestId: "r1", issues, detail: "The config is invalid" });
});

test("a bundle that does not load shows the sandbox's stack", () => {
  const problem = {
    code: "INVALID_BUNDLE",
    title: "t",
    status: 422,
    detail: "It threw",
    requestId: "",
    retryable: false,
    error: { stack: "Error: x\n    at a.ts:1:1" },
  };
  const { text, problem: shown } = toFailure(new ApiError("INVALID_BUNDLE", "It threw", { problem }), "/x/a.ts");
  expect(text).toBe("/x/a.ts does not load: It threw\nError: x\n    at a.ts:1:1");
  expect(shown.detail).toBe("It threw");
});

test("a bundle's complaints are told with their lines, and to programs as data", () => {
  const { text, problem } = toFailure(new BundleError([MESSAGE, { ...MESSAGE, line: 2 }]));
  expect(text).toContain("/x/a.ts:1:2: Expected x\n  1 │ abc\n    ╵  ^");
  expect(problem).toMatchObject({ messages: [{ line: 1 }, { line: 2 }] });
});

test("a jail that cannot be made tells of the way without", () => {
  expect(toFailure(new BundlerFailedError("x")).text).toContain("--unsafe-no-jail");
});
