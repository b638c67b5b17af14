import { showMs } from "../figures.ts";
import type { Phases } from "../result.ts";
import { line, px, svg, text } from "./markup.ts";
import { linearScale, type Scale } from "./scale.ts";

const WIDTH = 880;
const LEFT = 250;
const RIGHT = 790;
const ROW = 34;
const TOP = 34;

/** In the order in which they happen, and what each is. `rest` is before and after them. */
const PHASES: readonly [name: keyof Phases, meaning: string][] = [
  ["queue", "queue"],
  ["start", "make or take a sandbox"],
  ["init", "load the bundle"],
  ["handler", "handler"],
  ["rest", "HTTP, gateway, way back"],
];

export interface PhaseRow {
  label: string;
  phases: Phases;
}

/** One stacked bar each: the p50 of each phase. Empty when there are none. */
export function phaseBars(title: string, rows: readonly PhaseRow[]): string {
  if (rows.length === 0) return "";
  const total = ({ phases }: PhaseRow): number => PHASES.reduce((sum, [name]) => sum + phases[name], 0);
  const scale = linearScale(Math.max(...rows.map(total)), [LEFT, RIGHT]);
  const bottom = TOP + rows.length * ROW;
  const axis = scale.ticks.map(
    (tick) =>
      line([scale.at(tick), TOP], [scale.at(tick), bottom], "grid") +
      text(scale.at(tick), bottom + 18, `${tick} ms`, 'class="faint middle"'),
  );
  const stacks = rows.map((row, index) => stack(row, TOP + index * ROW, scale));
  return svg(title, [WIDTH, bottom + 28], [...legend(), ...axis, ...stacks]);
}

function legend(): string[] {
  let x = 20;
  return PHASES.map(([name, meaning]) => {
    const entry = `<rect x="${x}" y="6" width="12" height="12" rx="2" class="phase-${name}"/>${text(x + 18, 16, meaning, 'class="faint"')}`;
    x += 44 + meaning.length * 7;
    return entry;
  });
}

function stack({ label, phases }: PhaseRow, y: number, scale: Scale): string {
  let done = 0;
  const parts = PHASES.map(([name, meaning]) => {
    const [from, to] = [scale.at(done), scale.at(done + phases[name])];
    done += phases[name];
    const width = Math.max(0, to - from - 1);
    return `<rect x="${px(from)}" y="${px(y + 7)}" width="${px(width)}" height="${ROW - 14}" class="phase-${name}"><title>${meaning}: ${showMs(phases[name])} ms</title></rect>`;
  });
  return `<g>${text(LEFT - 14, y + ROW / 2 + 4, label, 'class="label end"')}${parts.join("")}</g>`;
}
