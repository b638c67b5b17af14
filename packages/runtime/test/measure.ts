/** Prints the latency of a hello, warm and in its first request, against that of a socket that echoes. Run it alone: it proves nothing. */
import { RUNTIMES, Workshop } from "./harness/build.ts";
import { Instance } from "./harness/instance.ts";

const REQUESTS = 20_000;
const workshop = new Workshop();
const hello = workshop.source('module.exports = { fetch: () => new Response("hello") };');

for (const runtime of RUNTIMES) {
  const instance = new Instance(runtime, workshop.runtime, true);
  await instance.greeted();
  const { loadMs } = await instance.load(hello);
  const first = await time(instance);
  const warm: number[] = [];
  for (let at = 0; at < REQUESTS; at++) warm.push(await time(instance));
  const sorted = warm.slice(REQUESTS / 2).sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(sorted.length * share)]!.toFixed(0);
  console.log(
    `${runtime}: load ${loadMs.toFixed(2)} ms, first ${first.toFixed(0)} µs, warm p50 ${at(0.5)} p95 ${at(0.95)} p99 ${at(0.99)} µs`,
  );
  await instance.close();
}
workshop.remove();

/** Microseconds from writing a request to having its whole answer, this side's own work included. */
async function time(instance: Instance): Promise<number> {
  const start = performance.now();
  await instance.send().until((answer) => answer.ended);
  return (performance.now() - start) * 1000;
}
