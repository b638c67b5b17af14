import { expect, test } from "vitest";
import { RandomIds } from "./random-ids.ts";

test("ten thousand ids of two sources are 24 characters each, and no two are the same", () => {
  const [one, other] = [new RandomIds(), new RandomIds()];
  const ids = Array.from({ length: 10_000 }, (_, at) => (at % 2 === 0 ? one : other).next());
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.every((id) => /^[A-Za-z0-9_-]{24}$/.test(id))).toBe(true);
});
