/** Three digits that mean something: `0.412`, `4.12`, `41.2`, `412`. The unit is the table's: milliseconds. */
export function showMs(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  const size = Math.abs(ms);
  if (size < 0.0005) return "0";
  return size >= 100 ? String(Math.round(ms)) : ms.toFixed(size < 1 ? 3 : size < 10 ? 2 : 1);
}

/** `870`, `27,300`: no digit that the next run would change. */
export function showRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return "–";
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, perSecond))) - 2);
  return (Math.round(perSecond / step) * step).toLocaleString("en-GB");
}

/** `0.42x` of the other; empty when there is none to compare with. */
export function ratio(value: number, other: number | undefined): string {
  return other === undefined || other === 0 ? "" : `${(value / other).toFixed(2)}x`;
}

/** A cell of a table of different units: a whole number as it is, others as `showMs`; `–` for what was not measured. */
export function showCell(value: number | null): string {
  if (value === null) return "–";
  return Number.isInteger(value) ? value.toLocaleString("en-GB") : value >= 1000 ? showRate(value) : showMs(value);
}
