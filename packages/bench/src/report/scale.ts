/** From a value to pixels, and the values to mark on the axis. */
export interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** Pixels from … to. */
export type Range = readonly [from: number, to: number];

/** Logarithmic, with room on both sides. Ticks at 1, 2 and 5 of each decade. @throws RangeError without a positive value */
export function logScale(values: readonly number[], [from, to]: Range): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) throw new RangeError("a logarithmic scale needs a positive value");
  // Not by spread: a run can have more samples than a call can have arguments.
  const low = positive.reduce((one, other) => Math.min(one, other)) / 1.15;
  const high = positive.reduce((one, other) => Math.max(one, other)) * 1.15;
  const at = (value: number): number => from + ((to - from) * Math.log(value / low)) / Math.log(high / low);
  const ticks: number[] = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
    ticks.push(...[1, 2, 5].map((digit) => Number((digit * 10 ** decade).toPrecision(1))).filter((tick) => tick >= low && tick <= high));
  }
  return { at, ticks };
}

/** From zero, ending at a round number at or above `most`, with four to six ticks. */
export function linearScale(most: number, [from, to]: Range): Scale {
  const step = roundUp((most > 0 ? most : 1) / 5);
  const end = step * Math.ceil((most > 0 ? most : 1) / step);
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => Number((index * step).toPrecision(6)));
  return { at: (value) => from + ((to - from) * value) / end, ticks };
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((digit) => digit * power >= value * 0.999_999) ?? 10) * power;
}
