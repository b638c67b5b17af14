import { showMs, showRate } from "../figures.ts";
import type { WarmSeries } from "../result.ts";
import { line, px, svg, text } from "./markup.ts";
import { linearScale, logScale } from "./scale.ts";

const WIDTH = 880;
const LEFT = 70;
const RIGHT = 700;
const TOP = 16;
const BOTTOM = 286;
/** Nearer to the right edge than this, a name stands to the left of its mark. */
const NAME_WIDTH = 130;

/** Requests per second to the right, p99 upwards on a logarithmic axis: low and to the right is good. Empty when nothing was measured. */
export function scatterPlot(title: string, all: readonly WarmSeries[]): string {
  const drawn = all.filter(({ many }) => many.rps > 0 && many.p99Ms > 0);
  if (drawn.length === 0) return "";
  const across = linearScale(
    drawn.reduce((most, { many }) => Math.max(most, many.rps), 0),
    [LEFT, RIGHT],
  );
  const up = logScale(
    drawn.map(({ many }) => many.p99Ms),
    [BOTTOM, TOP],
  );
  const grid = [
    ...across.ticks.map(
      (tick) =>
        line([across.at(tick), TOP], [across.at(tick), BOTTOM], "grid") +
        text(across.at(tick), BOTTOM + 18, tick.toLocaleString("en-GB"), 'class="faint middle"'),
    ),
    ...up.ticks.map(
      (tick) =>
        line([LEFT, up.at(tick)], [RIGHT, up.at(tick)], "grid") + text(LEFT - 8, up.at(tick) + 4, `${tick} ms`, 'class="faint end"'),
    ),
    text((LEFT + RIGHT) / 2, BOTTOM + 38, "requests per second", 'class="faint middle"'),
  ];
  return svg(title, [WIDTH, BOTTOM + 46], [...grid, ...drawn.map((each) => mark(each, across.at(each.many.rps), up.at(each.many.p99Ms)))]);
}

function mark({ label, group, many }: WarmSeries, x: number, y: number): string {
  const isFarRight = x > WIDTH - NAME_WIDTH - 20;
  const name = text(isFarRight ? x - 12 : x + 12, y + 4, label, `class="label${isFarRight ? " end" : ""}"`);
  const tooltip = `${showRate(many.rps)} requests/s, p99 ${showMs(many.p99Ms)} ms`;
  return `<g class="${group} mark"><circle cx="${px(x)}" cy="${px(y)}" r="6"><title>${tooltip}</title></circle>${name}</g>`;
}
