import { expect, test } from "vitest";
import { cutText } from "./cut-text.ts";

test.each([
  ["short", 10, "short"],
  ["exactly ten", 11, "exactly ten"],
  ["one too many", 11, "one too man… [1 bytes cut]"],
  ["ééé", 6, "ééé"],
  ["ééé", 5, "éé… [1 bytes cut]"],
  ["a😀", 3, "a… [2 bytes cut]"],
])("%j within %i bytes is %j", (text, limit, cut) => {
  expect(cutText(text, limit)).toBe(cut);
});
