import { expect, test } from "vitest";
import { linePlot, spread } from "./line-plot.ts";

const plot = { title: "p50", x: "how many", unit: "ms" };
const line = (label: string, points: [number, number][]) => ({ label, group: "zygo" as const, points });

test("each measured point is marked, and each line is named with its last value", () => {
  const drawn = linePlot({
    ...plot,
    lines: [
      line("a <b>", [
        [1, 2],
        [1000, 3],
      ]),
      line("none", []),
    ],
  });
  expect(drawn.match(/<circle /g)).toHaveLength(2);
  expect(drawn).toContain("a &lt;b&gt;: 3");
  expect(drawn).toContain(">1,000</text>");
  expect(drawn).not.toMatch(/NaN|none/);
});

test("nothing measured, nothing drawn", () => expect(linePlot({ ...plot, lines: [line("none", [])] })).toBe(""));

test("names that would lie on each other are moved apart, in their order", () => {
  expect(spread([100, 20, 101])).toEqual([100, 20, 117]);
  expect(spread([50, 50])).toEqual([50, 67]);
});
