import { expect, test } from "vitest";
import { ratio, showMs, showRate } from "./figures.ts";

test.each([
  [0, "0"],
  [0.0123, "0.012"],
  [0.4126, "0.413"],
  [4.126, "4.13"],
  [41.26, "41.3"],
  [412.6, "413"],
  [-1.26, "-1.26"],
  [NaN, "–"],
])("%d ms is %s", (ms, text) => expect(showMs(ms)).toBe(text));

test.each([
  [0, "0"],
  [8.4, "8"],
  [873.4, "873"],
  [18_234, "18,200"],
  [135_432, "135,000"],
  [Infinity, "–"],
])("%d a second is %s", (rate, text) => expect(showRate(rate)).toBe(text));

test("a ratio needs something to compare with", () => {
  expect(ratio(4.2, 10.5)).toBe("0.40x");
  expect(ratio(4.2, undefined)).toBe("");
  expect(ratio(4.2, 0)).toBe("");
});
