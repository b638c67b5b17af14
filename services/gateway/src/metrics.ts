import type { QueueNumbers } from "@zygo/contracts";
import type { Facts } from "./facts.ts";

/** Upper bounds of the latency histogram, seconds: from a hot call to the longest timeout. */
const BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 900];

interface Histogram {
  /** Observations per bound, not cumulated; the last one is above all bounds. */
  counts: number[];
  sum: number;
}

/** What is read at scrape time. */
export interface Gauges {
  inFlight: number;
  workerLinks: number;
  /** Undefined while the queue cannot be asked. */
  queueDepth: number | undefined;
  /** Attempts of jobs that this process runs. */
  jobsRunning: number;
  /** Dead letters by function, now and ever. */
  dead: { name: string; now: number; ever: number }[];
  /** Of functions that have messages. */
  queues: { name: string; numbers: QueueNumbers }[];
}

/** Counters of the invocations, in the text format of Prometheus. On the hot path: two map look-ups and a few additions. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #codes = new Map<string, number>();
  readonly #latency = new Map<string, Histogram>();

  /** A function that is not known counts as "": names that callers make up must not become labels. */
  record(facts: Facts): void {
    const known = facts.version === undefined ? "" : (facts.function ?? "");
    const labels = `function="${known}",status="${Math.floor((facts.status ?? 0) / 100)}xx",start="${facts.start ?? ""}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    if (facts.code !== undefined) this.#codes.set(facts.code, (this.#codes.get(facts.code) ?? 0) + 1);
    this.#observe(facts.start ?? "", (facts.durationMs ?? 0) / 1000);
  }

  /** @source https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4 */
  render({ inFlight, workerLinks, queueDepth, jobsRunning, dead, queues }: Gauges): string {
    const lines = [
      "# TYPE fn_requests_total counter",
      ...Array.from(this.#requests, ([labels, count]) => `fn_requests_total{${labels}} ${count}`),
      "# TYPE fn_errors_total counter",
      ...Array.from(this.#codes, ([code, count]) => `fn_errors_total{code="${code}"} ${count}`),
      "# TYPE fn_request_duration_seconds histogram",
      ...Array.from(this.#latency, ([start, histogram]) => renderHistogram(start, histogram)).flat(),
      ...gauge("fn_in_flight", inFlight),
      ...gauge("fn_worker_links", workerLinks),
      ...(queueDepth === undefined ? [] : gauge("fn_queue_depth", queueDepth)),
      ...gauge("fn_jobs_running", jobsRunning),
      "# TYPE fn_dead_letters gauge",
      ...dead.map(({ name, now }) => `fn_dead_letters{function="${name}"} ${now}`),
      "# TYPE fn_dead_letters_total counter",
      ...dead.map(({ name, ever }) => `fn_dead_letters_total{function="${name}"} ${ever}`),
      ...renderQueues(queues),
      ...gauge("process_resident_memory_bytes", process.memoryUsage.rss()),
    ];
    return `${lines.join("\n")}\n`;
  }

  #observe(start: string, seconds: number): void {
    let histogram = this.#latency.get(start);
    if (histogram === undefined) {
      histogram = { counts: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
      this.#latency.set(start, histogram);
    }
    let at = 0;
    while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at++;
    histogram.counts[at] = (histogram.counts[at] as number) + 1;
    histogram.sum += seconds;
  }
}

function renderHistogram(start: string, { counts, sum }: Histogram): string[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    return `fn_request_duration_seconds_bucket{start="${start}",le="${BOUNDS[at] ?? "+Inf"}"} ${below}`;
  });
  return [
    ...buckets,
    `fn_request_duration_seconds_sum{start="${start}"} ${sum}`,
    `fn_request_duration_seconds_count{start="${start}"} ${below}`,
  ];
}

/** The first says how many messages there are, the second whether anybody gets on with them. */
function renderQueues(queues: Gauges["queues"]): string[] {
  const count = (name: string, state: string, messages: number): string =>
    `fn_queue_messages{function="${name}",state="${state}"} ${messages}`;
  return [
    "# TYPE fn_queue_messages gauge",
    ...queues.flatMap(({ name, numbers: { due, delayed, inFlight } }) => [
      ...[count(name, "due", due), count(name, "delayed", delayed), count(name, "in_flight", inFlight)],
    ]),
    "# TYPE fn_queue_oldest_seconds gauge",
    ...queues.map(({ name, numbers }) => `fn_queue_oldest_seconds{function="${name}"} ${(numbers.oldestMs ?? 0) / 1000}`),
    "# TYPE fn_queue_paused gauge",
    ...queues.map(({ name, numbers }) => `fn_queue_paused{function="${name}"} ${numbers.paused ? 1 : 0}`),
  ];
}

const gauge = (name: string, value: number): string[] => [`# TYPE ${name} gauge`, `${name} ${value}`];
