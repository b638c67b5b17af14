import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test("the order in which members were written does not matter, at any depth", () => {
  const one = canonicalJson({ b: [{ y: 1, x: 2 }], a: null, c: undefined });
  expect(one).toBe('{"a":null,"b":[{"x":2,"y":1}]}');
  expect(canonicalJson({ a: null, b: [{ x: 2, y: 1 }] })).toBe(one);
});

test("the order of a list does", () => {
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});
