import { ratio, showMs, showRate } from "../figures.ts";
import type { BenchResult } from "../result.ts";

/** The few figures that a reader came for. Those that this run has not are left out. */
export function tiles({ startUp, warm, sustained }: BenchResult): string {
  const p50 = (id: string): number | undefined => startUp.find((series) => series.id === id)?.summary?.p50;
  const [pool, cold] = [p50("pool/hello"), p50("cold/hello")];
  const forked = (["spare", "template"] as const).flatMap((kind): [string, string][] => {
    const ms = p50(`${kind}/hello`);
    return ms === undefined ? [] : [[`${showMs(ms)} ms`, `a new isolated instance, ${kind}, p50`]];
  });
  const template = p50("template/hello");
  const against = (id: string, name: string): [string, string][] => {
    const other = p50(id);
    return template === undefined || other === undefined ? [] : [[ratio(template, other), `of ${name}, template against it`]];
  };
  const best = warm.filter(({ group }) => group === "zygo").reduce((most, { many }) => Math.max(most, many.rps), 0);
  const all: [string, string][] = [
    ...forked,
    ...(pool === undefined ? [] : ([[`${showMs(pool)} ms`, "a new isolated instance, pool, p50"]] as [string, string][])),
    ...(cold === undefined ? [] : ([[`${showMs(cold)} ms`, "the same with nothing ready, cold, p50"]] as [string, string][])),
    ...against("bun", "bun"),
    ...against("bwrap-node", "bwrap + node"),
    ...against("runc-node", "runc + node"),
    ...(best === 0 ? [] : ([[showRate(best), "warm requests a second"]] as [string, string][])),
    ...(sustained === null ? [] : ([[showRate(sustained.perSecond), "new sandboxes a second"]] as [string, string][])),
  ];
  return `<div class="tiles">${all.map(([value, meaning]) => `<div class="tile"><b>${value}</b><span>${meaning}</span></div>`).join("")}</div>`;
}
