import { HEADERS, START_KINDS, type StartKind } from "@zygo/contracts/names";
import type { Answer } from "./http-answer.ts";
import type { Phases } from "./result.ts";
import { median } from "./statistics.ts";

/** How the platform says it got the instance; "unknown" when it does not. */
export function startKind({ headers }: Answer): StartKind | "unknown" {
  const said = headers.get(HEADERS.start);
  return START_KINDS.find((kind) => kind === said) ?? "unknown";
}

/** The phases that the answer tells of; `rest` is what is left of `totalMs`. A phase that it does not tell took no time. */
export function phasesOf({ headers }: Answer, totalMs: number): Phases {
  const told = new Map(
    [...(headers.get(HEADERS.serverTiming) ?? "").matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, ms]) => [name, Number(ms)]),
  );
  const [queue, start, init, handler] = ["queue", "start", "init", "handler"].map((name) => told.get(name) ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  return { queue, start, init, handler, rest: Math.max(0, totalMs - queue - start - init - handler) };
}

/** The median of each phase for itself: their sum need not be the median of the whole. Null of an empty set. */
export function medianPhases(all: readonly Phases[]): Phases | null {
  if (all.length === 0) return null;
  const of = (name: keyof Phases): number => median(all.map((phases) => phases[name]));
  return { queue: of("queue"), start: of("start"), init: of("init"), handler: of("handler"), rest: of("rest") };
}
