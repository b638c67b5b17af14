import { expect, test } from "vitest";
import { readNetwork } from "./network-flag.ts";

test("a word, or rules with commas or flags between them", () => {
  expect(readNetwork(undefined)).toBeUndefined();
  expect(readNetwork(["none"])).toBe("none");
  expect(readNetwork(["internet"])).toBe("internet");
  expect(readNetwork(["a.example:1, b.example:2", "c.example:3"])).toEqual({ allow: ["a.example:1", "b.example:2", "c.example:3"] });
});

test.each([[["off"]], [["none", "internet"]], [["a.example:1,none"]], [[""]]])("%j is refused", (given) =>
  expect(() => readNetwork(given)).toThrow(/--network/),
);
