import { expect, test } from "vitest";
import { isFlat } from "./rss.ts";

test("warming up and then staying is flat, and so is a saw", () => {
  expect(isFlat([40, 60, 80, 90, 91, 92, 90, 91, 93, 92])).toBe(true);
  expect(isFlat([80, 90, 80, 92, 81, 90, 82, 91, 80, 92])).toBe(true);
});

test("what grows with the work done is not", () => {
  expect(isFlat(Array.from({ length: 50 }, (_, at) => 80 + at * 2))).toBe(false);
});
