import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERRORS, FnError, problemHeaders, toProblem } from "./errors.ts";

describe("the error table", () => {
  it("is the one that docs/errors.md lists, row by row", () => {
    const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
    const listed = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (\w+) \| (yes|no) \| (.+) \|$/gm)].map((row) => row.slice(1));
    const held = Object.entries(ERRORS).map(([code, row]) => [
      code,
      String(row.status),
      row.blame,
      row.retryable ? "yes" : "no",
      row.title,
    ]);
    expect(listed).toEqual(held);
  });

  it("renders a problem document with the code's own status, whatever extra says", () => {
    const error = new FnError("OVERLOADED", "Too much at once.", { extra: { status: 200, hint: "wait" } });
    expect(toProblem(error, "r1")).toEqual({
      type: "urn:zygo:error:OVERLOADED",
      title: ERRORS.OVERLOADED.title,
      status: 503,
      code: "OVERLOADED",
      detail: "Too much at once.",
      requestId: "r1",
      retryable: true,
      hint: "wait",
    });
    expect(problemHeaders(error)).toMatchObject({ "content-type": "application/problem+json", "retry-after": "1" });
  });
});
