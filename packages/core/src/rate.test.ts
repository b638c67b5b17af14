import { expect, test } from "vitest";
import { Rate } from "./rate.ts";

test("a steady stream reads as what it is", () => {
  const rate = new Rate(1_000);
  for (let at = 0; at <= 20_000; at += 20) rate.note(at);
  expect(rate.perSecond(20_000)).toBeGreaterThan(48);
  expect(rate.perSecond(20_000)).toBeLessThan(52);
});

test("it halves with each half-life of silence", () => {
  const rate = new Rate(1_000);
  rate.note(0);
  expect(rate.perSecond(1_000)).toBeCloseTo(rate.perSecond(0) / 2);
  expect(rate.perSecond(3_000)).toBeCloseTo(rate.perSecond(0) / 8);
});

test("nothing noted is no rate", () => expect(new Rate(1_000).perSecond(5_000)).toBe(0));
