import type { Group } from "../result.ts";
import { line, px, svg, text } from "./markup.ts";
import { linearScale } from "./scale.ts";

const WIDTH = 880;
const LEFT = 250;
const RIGHT = 780;
const ROW = 34;
const TOP = 6;

export interface Bar {
  label: string;
  group: Group;
  value: number;
  shown: string;
}

/** Horizontal bars from zero, each with its figure at its end. */
export function bars(title: string, unit: string, all: readonly Bar[]): string {
  const scale = linearScale(
    all.reduce((most, { value }) => Math.max(most, value), 0),
    [LEFT, RIGHT],
  );
  const bottom = TOP + all.length * ROW;
  const axis = scale.ticks.map(
    (tick) =>
      line([scale.at(tick), TOP], [scale.at(tick), bottom], "grid") +
      text(scale.at(tick), bottom + 18, tick.toLocaleString("en-GB"), 'class="faint middle"'),
  );
  const rows = all.map(({ label, group, value, shown }, index) => {
    const y = TOP + index * ROW;
    const bar = `<rect x="${LEFT}" y="${px(y + 7)}" width="${px(Math.max(1, scale.at(value) - LEFT))}" height="${ROW - 14}" rx="2" class="bar"/>`;
    const figure = text(scale.at(value) + 8, y + ROW / 2 + 4, shown, 'class="value"');
    return `<g class="${group}">${text(LEFT - 14, y + ROW / 2 + 4, label, 'class="label end"')}${bar}${figure}</g>`;
  });
  return svg(title, [WIDTH, bottom + 28], [...axis, ...rows, text(RIGHT + 36, bottom + 18, unit, 'class="faint"')]);
}
