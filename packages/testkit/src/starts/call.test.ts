import { expect, test } from "vitest";
import { Random } from "../faults/random.ts";
import { checkAnswer, drawCall, type Call } from "./call.ts";

const call: Call = { function: "work-node24", does: ["gc", "thread"] };
const drawn = "8a0f3c6e-2d5b-4c1a-9f7e-1b2c3d4e5f60";

test("an answer gives what was drawn", () => expect(checkAnswer(call, { done: { gc: 20_000, thread: 42 }, drawn })).toBe(drawn));

test.each([
  ["a wrong result", { done: { gc: 20_000, thread: 41 }, drawn }, "thread gave 41, not 42"],
  ["a missing one", { done: { gc: 20_000 }, drawn }, "thread gave undefined"],
  ["nothing drawn", { done: { gc: 20_000, thread: 42 } }, "drawn"],
])("%s is an error", (_, body, said) => expect(() => checkAnswer(call, body)).toThrow(said));

test("one seed, one sequence; every runtime and every kind of work comes", () => {
  const sequence = (seed: number): Call[] => {
    const random = new Random(seed);
    return Array.from({ length: 200 }, () => drawCall(random));
  };
  expect(sequence(7)).toEqual(sequence(7));
  expect(sequence(7)).not.toEqual(sequence(8));
  const all = sequence(7);
  expect(new Set(all.map((each) => each.function)).size).toBe(18);
  expect(new Set(all.flatMap(({ does }) => does))).toEqual(new Set(["gc", "jit", "timers", "thread", "child", "io"]));
});
