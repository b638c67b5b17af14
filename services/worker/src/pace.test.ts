import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

test("within the rate nothing is held up", () => {
  const pace = new Pace(1_000);
  expect(pace.note(100, 5_000)).toBe(0);
  expect(pace.note(100, 5_100)).toBe(0);
});
test("past it the peer waits for the end of the span, and then has a new one", () => {
  const pace = new Pace(1_000);
  pace.note(60, 5_000);
  expect(pace.note(60, 5_030)).toBe(70);
  expect(pace.note(1, 5_100)).toBe(0);
});
