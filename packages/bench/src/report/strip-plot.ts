import { showMs } from "../figures.ts";
import type { StartUpSeries } from "../result.ts";
import { line, px, svg, text } from "./markup.ts";
import { logScale, type Scale } from "./scale.ts";

const WIDTH = 880;
const LEFT = 225;
const RIGHT = 790;
const ROW = 36;
const TOP = 26;
/** Half of a row's dots, in height. */
const SPREAD = 10;

/** Every sample a dot, a row each series, on a logarithmic axis; a bar at the p50, a thin one at the p99. Empty when nothing was measured. */
export function stripPlot(title: string, series: readonly StartUpSeries[]): string {
  const drawn = series.filter(({ samplesMs }) => samplesMs.length > 0);
  if (drawn.length === 0) return "";
  const scale = logScale(
    drawn.flatMap(({ samplesMs }) => samplesMs),
    [LEFT, RIGHT],
  );
  const bottom = TOP + drawn.length * ROW;
  const rows = drawn.map((each, index) => row(each, TOP + (index + 0.5) * ROW, scale));
  return svg(title, [WIDTH, bottom + 28], [...axis(scale, bottom), ...rows, text(RIGHT + 16, 14, "p50, ms", 'class="faint"')]);
}

function axis(scale: Scale, bottom: number): string[] {
  return scale.ticks.map(
    (tick) =>
      line([scale.at(tick), TOP], [scale.at(tick), bottom], "grid") +
      text(scale.at(tick), bottom + 18, `${tick} ms`, 'class="faint middle"'),
  );
}

function row({ label, group, samplesMs, summary }: StartUpSeries, y: number, scale: Scale): string {
  const dots = samplesMs.map((ms, index) => `<circle cx="${px(scale.at(ms))}" cy="${px(y + offset(index))}" r="2.6"/>`).join("");
  if (summary === null) return "";
  const [p50, p99] = [scale.at(summary.p50), scale.at(summary.p99)];
  return [
    `<g class="${group}"><title>${tooltip(label, summary)}</title>`,
    text(LEFT - 14, y + 4, label, 'class="label end"'),
    `<g class="dots">${dots}</g>`,
    line([p99, y - 7], [p99, y + 7], "tail"),
    line([p50, y - 13], [p50, y + 13], "median"),
    text(RIGHT + 16, y + 4, showMs(summary.p50), 'class="value"'),
    "</g>",
  ].join("");
}

/** Spreads dots evenly without a pattern: multiples of the golden ratio never fall on each other. */
const offset = (index: number): number => (((index * 0.618_034) % 1) * 2 - 1) * SPREAD;

const tooltip = (label: string, { n, p50, p95, p99 }: NonNullable<StartUpSeries["summary"]>): string =>
  `${label.replaceAll("&", "&amp;")}: p50 ${showMs(p50)} ms, p95 ${showMs(p95)} ms, p99 ${showMs(p99)} ms, n ${n}`;
