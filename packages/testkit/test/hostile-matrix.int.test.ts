import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MATRIX, renderMatrix } from "./hostile/matrix.ts";

test("docs/hostile-cases.md is what the cases make it: run node packages/testkit/test/hostile/write-matrix.ts", () => {
  expect(readFileSync(MATRIX, "utf8")).toBe(renderMatrix());
});
