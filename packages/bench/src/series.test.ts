import { expect, test } from "vitest";
import { makeSeries } from "./series.ts";

const contender = { id: "pool/hello", label: "pool", group: "zygo", bundle: "hello", kind: "pool" } as const;
const phases = { queue: 0, start: 1, init: 2, handler: 3, rest: 4 };

test("samples of another kind are counted apart, never mixed in", () => {
  const series = makeSeries(
    contender,
    [
      { ms: 5, kind: "pool", phases },
      { ms: 50, kind: "cold" },
      { ms: 60, kind: "cold" },
      { ms: 1, kind: "hot" },
      { ms: 7, kind: "pool" },
    ],
    2,
  );
  expect(series.samplesMs).toEqual([5, 7]);
  expect(series.summary).toMatchObject({ n: 2, p50: 5, max: 7 });
  expect(series.others).toEqual({ cold: 2, hot: 1 });
  expect(series).toMatchObject({ errors: 2, phases });
});

test("with no sample that counts there is no summary", () => {
  expect(makeSeries(contender, [{ ms: 50, kind: "unknown" }], 0)).toMatchObject({
    summary: null,
    samplesMs: [],
    phases: null,
    others: { unknown: 1 },
  });
});

test("a peer has no kinds: every sample counts", () => {
  const { kind: _, ...peer } = contender;
  expect(makeSeries(peer, [{ ms: 8.123456 }], 0)).toMatchObject({ samplesMs: [8.123], others: {} });
});
