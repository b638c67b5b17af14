import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

test("doubles from 0.2 s to 5 s while the service keeps dying", () => {
  const backoff = new Backoff();
  expect([1, 2, 3, 4, 5, 6, 7].map(() => backoff.next(100))).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test("begins anew after the service ran for a while", () => {
  const backoff = new Backoff();
  backoff.next(100);
  backoff.next(100);
  expect(backoff.next(60_000)).toBe(200);
});
