import { join } from "node:path";
import { expect, test } from "vitest";
import { shortPath, showPlace } from "./excerpt.ts";

const PLACE = {
  file: join(process.cwd(), "src/a.ts"),
  line: 12,
  column: 18,
  length: 6,
  text: "Could not resolve",
  lineText: `import hono from "hono"`,
};

test("the place is marked under its line, then what to do", () => {
  expect(showPlace({ ...PLACE, hint: "Run npm install hono." })).toBe(
    [
      "src/a.ts:12:18: Could not resolve",
      `  12 │ import hono from "hono"`,
      `     ╵                  ~~~~~~`,
      "  → Run npm install hono.",
    ].join("\n"),
  );
});

test("a single character gets a caret; a tab counts as one", () => {
  expect(
    showPlace({ ...PLACE, column: 3, length: 1, lineText: "\tx ;" })
      .split("\n")
      .slice(1),
  ).toEqual(["  12 │  x ;", "     ╵   ^"]);
});

test("a long line is cut around the place", () => {
  const lineText = `${"a".repeat(500)}HERE${"b".repeat(500)}`;
  const [, shown = "", mark = ""] = showPlace({ ...PLACE, column: 501, length: 4, lineText }).split("\n");
  expect(shown.length).toBeLessThan(140);
  expect(shown.slice(mark.indexOf("~"), mark.indexOf("~") + 4)).toBe("HERE");
});

test("what is not known is left out", () => {
  expect(showPlace({ ...PLACE, file: null })).toContain("Could not resolve\n");
  expect(showPlace({ ...PLACE, line: 0, column: 0, lineText: "" })).toBe("src/a.ts: Could not resolve");
});

test("paths outside the working directory stay absolute", () => {
  expect(shortPath("/etc/x.ts")).toBe("/etc/x.ts");
  expect(shortPath("b.ts")).toBe("b.ts");
});
