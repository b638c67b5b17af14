import { expect, test } from "vitest";
import { z } from "zod";
import { parseAnswer, type Answer } from "./answer.ts";

const answer = (status: number, text: string): Answer => ({ response: new Response(null, { status }), text });
const Named = z.object({ name: z.string() });
const thrown = (given: Answer): unknown => {
  try {
    return parseAnswer(Named, given);
  } catch (error) {
    return error;
  }
};

test("a good answer is parsed", () => {
  expect(parseAnswer(Named, answer(200, '{"name":"a"}'))).toEqual({ name: "a" });
});

test("a problem keeps code, status, detail and everything else", () => {
  const problem = {
    type: "t",
    title: "T",
    status: 422,
    code: "INVALID_CONFIG",
    detail: "memoryMb: too small",
    issues: [{ path: "memoryMb" }],
  };
  expect(thrown(answer(422, JSON.stringify(problem)))).toMatchObject({
    name: "ApiError",
    code: "INVALID_CONFIG",
    status: 422,
    detail: "memoryMb: too small",
    problem: { issues: [{ path: "memoryMb" }], requestId: "", retryable: false },
  });
});

test.each([
  ["HTML of something else", 502, "<html>Bad gateway</html>"],
  ["an error without a body", 500, ""],
  ["JSON that is no problem", 404, '{"error":"nope"}'],
  ["a success that is not JSON", 200, "hello"],
  ["a success of another shape", 200, '{"title":"a"}'],
])("%s is UNEXPECTED_ANSWER", (_, status, text) => {
  expect(thrown(answer(status, text))).toMatchObject({ name: "ApiError", code: "UNEXPECTED_ANSWER", status, problem: null });
});
