import { showCell } from "../figures.ts";
import type { Line, LinePlot } from "../finding.ts";
import { line, px, svg, text } from "./markup.ts";
import { linearScale, logScale, type Scale } from "./scale.ts";

const WIDTH = 880;
const LEFT = 60;
const RIGHT = 650;
const TOP = 16;
const BOTTOM = 256;
/** Between two names at the lines' ends. */
const NAME_ROW = 17;

/** Lines from zero over a logarithmic axis, each named at its end; every measured point is marked. Empty when there are none. */
export function linePlot({ title, x, unit, lines }: LinePlot): string {
  const drawn = lines.filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return "";
  const across = logScale(
    all.map(([at]) => at),
    [LEFT, RIGHT],
  );
  const up = linearScale(
    all.reduce((most, [, value]) => Math.max(most, value), 0),
    [BOTTOM, TOP],
  );
  const names = spread(drawn.map(({ points }) => up.at(points.at(-1)![1])));
  return svg(
    title,
    [WIDTH, BOTTOM + 44],
    [
      ...grid(up, unit),
      ...marks(all, across),
      text((LEFT + RIGHT) / 2, BOTTOM + 38, x, 'class="faint middle"'),
      ...drawn.map((each, index) => curve(each, { across, up }, { index, nameY: names[index]! })),
    ],
  );
}

const grid = (up: Scale, unit: string): string[] =>
  up.ticks.map(
    (tick) =>
      line([LEFT, up.at(tick)], [RIGHT, up.at(tick)], "grid") +
      text(LEFT - 8, up.at(tick) + 4, `${tick.toLocaleString("en-GB")} ${unit}`, 'class="faint end"'),
  );

/** On the horizontal axis: what was measured, and nothing between. */
function marks(points: Line["points"], across: Scale): string[] {
  const at = [...new Set(points.map(([value]) => value))];
  return at.map((value) => text(across.at(value), BOTTOM + 18, value.toLocaleString("en-GB"), 'class="faint middle"'));
}

function curve(
  { label, group, points }: Line,
  { across, up }: { across: Scale; up: Scale },
  place: { index: number; nameY: number },
): string {
  const at = points.map(([x, y]) => `${px(across.at(x))},${px(up.at(y))}`);
  const dots = points.map(([x, y]) => `<circle cx="${px(across.at(x))}" cy="${px(up.at(y))}" r="4"><title>${showCell(y)}</title></circle>`);
  const shown = `${label}: ${showCell(points.at(-1)![1])}`;
  return [
    `<g class="${group} curve curve-${place.index}"><polyline points="${at.join(" ")}"/>${dots.join("")}`,
    text(RIGHT + 14, place.nameY + 4, shown, 'class="label"'),
    "</g>",
  ].join("");
}

/** Heights near the given ones, in the same order from above, that leave room for a line of text each. */
export function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((one, other) => heights[one]! - heights[other]!);
  const placed = [...heights];
  order.forEach((index, rank) => {
    const above = rank === 0 ? -Infinity : placed[order[rank - 1]!]!;
    placed[index] = Math.max(heights[index]!, above + NAME_ROW);
  });
  return placed;
}
