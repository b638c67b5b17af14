import { expect, test } from "vitest";
import { add, kindRows, type ByKind } from "./by-kind.ts";
import { turns } from "./many.ts";
import { kilobytes } from "./memory.ts";
import { againstAlone } from "./neighbours.ts";

test("a start kind that did not occur is no row", () => {
  const byKind: ByKind = new Map();
  add(byKind, "pool", 3);
  add(byKind, "pool", 5);
  add(byKind, "spare", 1);
  expect(kindRows("100 alive", byKind).map(({ label, cells }) => [label, ...cells])).toEqual([
    ["100 alive, spare", 1, 1, 1, 1],
    ["100 alive, pool", 3, 5, 5, 2],
  ]);
});

test("a victim that nobody answered has no ratio", () => {
  const rows = againstAlone([
    { deed: undefined, ms: [1, 2] },
    { deed: "spin", ms: [3, 4] },
    { deed: "fork", ms: [] },
  ]);
  expect(rows.map(({ cells }) => cells.at(-1))).toEqual([1, 2, null]);
  expect(againstAlone([{ deed: undefined, ms: [] }])[0]!.cells.at(-1)).toBeNull();
});

test("each question goes to the next function", () => {
  const target = turns({ address: { path: "/x" }, path: "" }, ["/a", "/b"]);
  expect([target.path, target.path, target.path]).toEqual(["/a", "/b", "/a"]);
});

test("a figure of the kernel's is found by its whole name", () => {
  expect(kilobytes("Pss_Dirty:  5 kB\nPss:   12 kB\n", "Pss")).toBe(12);
  expect(() => kilobytes("Rss: 1 kB\n", "Pss")).toThrow("no Pss");
});
