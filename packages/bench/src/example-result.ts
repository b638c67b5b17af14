import type { BenchResult } from "./result.ts";
import { makeSeries } from "./series.ts";
import { summarise } from "./statistics.ts";

const phases = { queue: 0.2, start: 0.4, init: 1.5, handler: 0.9, rest: 1 };
const zygo = { group: "zygo", bundle: "hello" } as const;

/** A small result, for tests of what shows it. */
export const EXAMPLE: BenchResult = {
  plan: { name: "short", samples: 3, pauseMs: 60, connections: 32, sections: ["start", "warm", "soak", "sustained", "burst"] },
  environment: {
    startedAt: "2026-03-01T12:00:00.000Z",
    elapsedMs: 90_000,
    machine: "Some CPU <fast & new>, 16 GiB",
    cores: 2,
    kernel: "Linux 6.18.0",
    loadBefore: 0.5,
    loadAfter: 1.25,
    versions: { Zygo: "abc1234", bun: "1.4.5" },
    loadGenerator: "wrk 4.1.0",
  },
  startUp: [
    makeSeries(
      { ...zygo, id: "pool/hello", label: "Zygo pool", kind: "pool" },
      [4, 4.2, 9].map((ms) => ({ ms, kind: "pool", phases })),
      0,
    ),
    makeSeries({ ...zygo, id: "cold/hello", label: "Zygo cold", kind: "cold" }, [{ ms: 5, kind: "pool" }], 0),
    makeSeries(
      { id: "bun", label: "bun", group: "peer", bundle: "hello" },
      [10, 10.5, 11].map((ms) => ({ ms })),
      0,
    ),
  ],
  spawnFloor: summarise([1, 1.1]),
  warm: [
    {
      ...zygo,
      id: "hello",
      label: "Zygo",
      one: summarise([0.4, 0.5]),
      phases,
      many: { rps: 18_234, blocks: [18_234], p50Ms: 1.7, p99Ms: 4, errors: 0 },
    },
    {
      id: "node-http",
      label: "node:http",
      group: "peer",
      one: summarise([0.1]),
      phases: null,
      many: { rps: 76_000, blocks: [76_000], p50Ms: 0.4, p99Ms: 1, errors: 0 },
    },
  ],
  soak: { requests: 5000, connections: 32, errors: 0, elapsedMs: 500 },
  sustained: {
    connections: 4,
    elapsedMs: 5000,
    starts: 1000,
    perSecond: 200,
    kinds: { pool: 400, cold: 600 },
    errors: 0,
    latency: summarise([20]),
    peers: [{ label: "runc + node", starts: 14, perSecond: 14 }],
    leaks: {},
  },
  findings: [
    {
      section: "burst",
      title: "Burst: 200 first calls at once",
      how: "One round.",
      head: ["p50 ms", "p95 ms", "p99 ms", "n"],
      rows: [
        { label: "all of <them>", group: "zygo", cells: [20, 41.5, 47, 200] },
        { label: "none, spare", group: "zygo", cells: [null, null, null, 0] },
      ],
      plot: { column: 2, unit: "ms" },
      errors: 0,
      omitted: [],
      load: [0.5, 1.5],
    },
  ],
  deployed: [{ name: "hello", bundleBytes: 920, deployMs: 400 }],
  missing: [{ label: "bwrap + node", why: "not installed" }],
  targets: [],
  problems: [],
  healthy: true,
};
