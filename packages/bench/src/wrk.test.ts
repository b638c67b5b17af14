import { expect, test } from "vitest";
import { parseWrk } from "./wrk.ts";

const PRINTED = `Running 2s test @ http://127.0.0.1:8080/fn/hello/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.53ms  600.00us  12.00ms   88.00%
    Req/Sec    20.77k     1.16k   22.64k    75.00%
  Latency Distribution
     50%  980.00us
     75%    1.60ms
     90%    2.05ms
     99%    1.20s
  41344 requests in 2.00s, 6.94MB read
Requests/sec:  20650.11
Transfer/sec:      3.47MB
`;

test("rate and latencies, in milliseconds whatever the unit", () => {
  expect(parseWrk(PRINTED)).toEqual({ rps: 20650.11, p50Ms: 0.98, p99Ms: 1200, errors: 0 });
});

test("statuses and broken sockets are errors", () => {
  const errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 100\n";
  expect(parseWrk(PRINTED.replace("Requests/sec", `${errors}Requests/sec`)).errors).toBe(110);
});

test("anything else is refused", () => {
  expect(() => parseWrk("unable to connect")).toThrow("no rate");
  expect(() => parseWrk("Requests/sec: 1\n")).toThrow();
});
