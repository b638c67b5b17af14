import { expect, test } from "vitest";
import { medianPhases, phasesOf, startKind } from "./server-timing.ts";

const answer = (headers: Record<string, string>) => ({ status: 200, headers: new Map(Object.entries(headers)) });

test("phases and what is left of the whole", () => {
  const told = answer({ "server-timing": "queue;dur=0.5, start;dur=0.25, init;dur=2, handler;dur=1" });
  expect(phasesOf(told, 5)).toEqual({ queue: 0.5, start: 0.25, init: 2, handler: 1, rest: 1.25 });
});

test("a phase that was not told took no time; nothing is left when the phases say more than the whole", () => {
  expect(phasesOf(answer({ "server-timing": "queue;dur=2, start" }), 1)).toEqual({ queue: 2, start: 0, init: 0, handler: 0, rest: 0 });
  expect(phasesOf(answer({}), 3)).toMatchObject({ rest: 3 });
});

test("a start kind is one of the contract's or unknown", () => {
  expect(startKind(answer({ "x-fn-start": "pool" }))).toBe("pool");
  expect(startKind(answer({ "x-fn-start": "warm" }))).toBe("unknown");
  expect(startKind(answer({}))).toBe("unknown");
});

test("each phase has its own median", () => {
  const one = (queue: number, init: number) => ({ queue, start: 0, init, handler: 0, rest: 0 });
  expect(medianPhases([one(1, 30), one(2, 20), one(3, 10)])).toEqual(one(2, 20));
  expect(medianPhases([])).toBeNull();
});
