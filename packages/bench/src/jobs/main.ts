/** `npm run bench:jobs`: asynchronous jobs, cron and overload, measured on platforms of its own. */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Summary } from "../statistics.ts";
import { measureAccepts } from "./accepts.ts";
import { measureCron } from "./cron.ts";
import { measureDrain } from "./drain.ts";
import { measureOverload } from "./overload.ts";
import { isFlat, type Moment } from "./rss.ts";

const HELP = `Usage: npm run bench:jobs -- [accepts] [drain] [cron] [overload] [options]

Measures what is named, or all of it, and prints one line each, with the machine's load. Needs root; accepts needs wrk.

  accepts    jobs accepted a second through HTTP, against BullMQ's own add on the same Redis, in turns
  drain      memory of gateway, worker and Redis while a queue is run empty
  cron       how late slots are, all in one second and spread over the minute
  overload   a function asked for five times what it can serve

  --jobs      of drain (100000)
  --schedules of cron (1000)
  --seconds   of overload (60)

Examples:
  npm run bench:jobs -- accepts
  npm run bench:jobs -- drain --jobs 20000`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: "100000" },
    schedules: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
    help: { type: "boolean", short: "h" },
  },
});

const figure = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const say = (summary: Summary | null): string =>
  summary === null
    ? "none"
    : `p50 ${figure(summary.p50)} p95 ${figure(summary.p95)} p99 ${figure(summary.p99)} max ${figure(summary.max)} ms (n ${summary.n})`;
const tell = (line: string): void => console.log(`${line}; load ${(loadavg()[0] ?? NaN).toFixed(1)}`);

const SECTIONS: Record<string, () => Promise<void>> = {
  accepts: async () => {
    for (const gateways of [1, 2]) {
      const { bare, http, ratio, p99Ms } = await measureAccepts({ connections: 64, gateways, rounds: 5, seconds: 2 });
      const each = (list: number[]): string => list.map((value) => value.toFixed(0)).join(" ");
      tell(
        `accepts, ${gateways} gateways, 64 connections: ${each(http)}/s, bare ${each(bare)}/s, ratio ${ratio.toFixed(2)}, p99 ${each(p99Ms)} ms`,
      );
    }
  },
  drain: async () => {
    const { jobs, acceptMs, drainMs, waited, curve } = await measureDrain(Number(values.jobs), showMoment());
    const flat = (name: "gateway" | "worker"): string => `${name} ${isFlat(curve.map((moment) => moment[name])) ? "flat" : "GROWS"}`;
    tell(
      `drain: ${jobs} jobs accepted in ${figure(acceptMs / 1000)} s, at most ${waited} waited, all settled after ${figure(drainMs / 1000)} s ` +
        `(${((jobs / drainMs) * 1000).toFixed(0)}/s); memory: ${flat("gateway")}, ${flat("worker")}`,
    );
  },
  cron: async () => {
    for (const kind of ["burst", "spread"] as const) {
      const found = await measureCron(Number(values.schedules), kind);
      tell(
        `cron, ${found.schedules} schedules, ${kind}: enqueued ${say(found.enqueued)}, started ${say(found.started)}, in the function ${say(found.ran)}, ${found.missing} missing`,
      );
    }
  },
  overload: async () => {
    for (const [name, instances] of [
      ["sleeps", 8],
      ["burns", 2],
    ] as const) {
      const found = await measureOverload(name, { instances, times: 5, forMs: Number(values.seconds) * 1000 });
      tell(
        `overload of ${name}: capacity ${figure(found.capacity)}/s, asked ${figure(found.asked)}/s; unloaded ${say(found.unloaded)}; admitted ${say(found.admitted)}; ` +
          `503 ${say(found.refused)}, ${found.bare} without Retry-After; ${found.other} others; 5 s later ${say(found.after)}`,
      );
    }
  },
};

/** One line for every tenth look. */
function showMoment(): (moment: Moment) => void {
  let count = 0;
  return ({ atMs, settled, gateway, worker, redis }) => {
    if (count++ % 10 === 0)
      console.log(
        `${(atMs / 1000).toFixed(0).padStart(4)} s ${String(settled).padStart(7)} settled; MiB: gateway ${figure(gateway)}, worker ${figure(worker)}, Redis ${figure(redis)}`,
      );
  };
}

if (values.help === true) console.log(HELP);
else
  for (const name of positionals.length > 0 ? positionals : Object.keys(SECTIONS)) {
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`There is no section ${JSON.stringify(name)}.\n\n${HELP}`);
    await section();
  }
