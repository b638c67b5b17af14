import { expect, test } from "vitest";
import { BundleError } from "./errors.ts";
import { hasHandler, refuseWithoutHandler } from "./handlers.ts";

test.each([[["default"]], [["fetch"]], [["GET", "config"]], [["OPTIONS"]], [["scheduled"]], [["queue", "config"]]])(
  "%j can answer",
  (names) => {
    expect(hasHandler(names)).toBe(true);
  },
);

test.each([[[]], [["config"]], [["get"]]])("%j cannot answer", (names) => {
  expect(hasHandler(names)).toBe(false);
});

test("the refusal names the file, what it exports and what it should", () => {
  expect(() => refuseWithoutHandler("/p/a.ts", ["answer", "other"])).toThrow(BundleError);
  expect(() => refuseWithoutHandler("/p/a.ts", ["answer", "other"])).toThrow("/p/a.ts: exports no handler (it exports only answer, other)");
});
