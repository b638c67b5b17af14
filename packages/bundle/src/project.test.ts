import { expect, test } from "vitest";
import { contains, upwards } from "./project.ts";

test("a directory contains itself and what is below, not what merely begins like it", () => {
  expect(contains("/a/b", "/a/b")).toBe(true);
  expect(contains("/a/b", "/a/b/c")).toBe(true);
  expect(contains("/a/b", "/a/bc")).toBe(false);
  expect(contains("/a/b", "/a")).toBe(false);
  expect(contains("/", "/a")).toBe(true);
});

test("upwards goes from the inner to the outer, both included", () => {
  expect(upwards("/a/b/c", "/a")).toEqual(["/a/b/c", "/a/b", "/a"]);
  expect(upwards("/a", "/a")).toEqual(["/a"]);
});
