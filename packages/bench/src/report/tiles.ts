import { ratio, showMs, showRate } from "../figures.ts";
import type { BenchResult } from "../result.ts";

/** The few figures that a reader came for. Those that this run has not are left out. */
export function tiles({ startUp, warm, sustained }: BenchResult): string {
  const p50 = (id: string): number | undefined => startUp.find((series) => series.id === id)?.summary?.p50;
  const [pool, cold] = [p50("pool/hello"), p50("cold/hello")];
  const against = (id: string, name: string): [string, string][] => {
    const other = p50(id);
    return pool === undefined || other === undefined ? [] : [[ratio(pool, other), `of ${name}, pool against it`]];
  };
  const best = warm.filter(({ group }) => group === "zygo").reduce((most, { many }) => Math.max(most, many.rps), 0);
  const all: [string, string][] = [
    ...(pool === undefined ? [] : ([[`${showMs(pool)} ms`, "a new isolated instance, pool, p50"]] as [string, string][])),
    ...(cold === undefined ? [] : ([[`${showMs(cold)} ms`, "the same with nothing ready, cold, p50"]] as [string, string][])),
    ...against("bun", "bun"),
    ...against("bwrap-node", "bwrap + node"),
    [showRate(best), "warm requests a second"],
    [showRate(sustained.perSecond), "new sandboxes a second"],
  ];
  return `<div class="tiles">${all.map(([value, meaning]) => `<div class="tile"><b>${value}</b><span>${meaning}</span></div>`).join("")}</div>`;
}
