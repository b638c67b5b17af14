import { execFile } from "node:child_process";
import { pbkdf2 } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gunzip, gzipSync } from "node:zlib";
import { takeCollector } from "./compact-heap.ts";

/** What a forked Node must still be able to do. Each throws, or hangs until the parent's patience ends, when it cannot. */
export const CHECKS: readonly (readonly [name: string, check: () => Promise<void>])[] = [
  ["full garbage collections", collections],
  ["just-in-time compilation", compilation],
  ["file system", async () => void (await readFile("/proc/self/stat"))],
  ["thread pool: pbkdf2", async () => void (await promisify(pbkdf2)("a", "b", 10, 32, "sha256"))],
  ["thread pool: gzip", async () => void (await promisify(gunzip)(gzipSync("zygo")))],
  ["timers", async () => void (await sleep(2))],
  ["HTTP server and fetch", httpRoundTrip],
  ["WebAssembly", webAssembly],
  ["child process", async () => void (await promisify(execFile)(process.execPath, ["--version"]))],
  ["worker thread", workerThread],
];

function collections(): Promise<void> {
  let live: unknown[] = [];
  for (let round = 0; round < 40; round++) {
    live = Array.from({ length: 4000 }, (_, at) => ({ at, text: `value ${at}` }));
  }
  const gc = takeCollector();
  for (let round = 0; round < 3; round++) gc();
  return expect(live.length === 4000, "the heap lost objects");
}

function compilation(): Promise<void> {
  const sum = (n: number): number => {
    let total = 0;
    for (let at = 0; at < n; at++) total = (total + at * 31) % 65521;
    return total;
  };
  let last = 0;
  for (let round = 0; round < 200; round++) last = sum(5000);
  return expect(last === sum(5000), "compiled code computes differently");
}

async function httpRoundTrip(): Promise<void> {
  const server = createServer((_request, response) => response.end("pong"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect((await answer.text()) === "pong", "fetch got something else");
  server.closeAllConnections();
  server.close();
}

/** (module (func (export "f") (result i32) i32.const 42)) */
const WASM = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11,
]);

/** Not among Node's types. */
declare const WebAssembly: { instantiate(code: Uint8Array): Promise<{ instance: { exports: Record<string, unknown> } }> };

async function webAssembly(): Promise<void> {
  const { instance } = await WebAssembly.instantiate(WASM);
  await expect((instance.exports["f"] as () => number)() === 42, "WebAssembly computes differently");
}

async function workerThread(): Promise<void> {
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage(41 + 1)", { eval: true });
  const answer = await new Promise<unknown>((resolve, reject) => worker.once("message", resolve).once("error", reject));
  await worker.terminate();
  await expect(answer === 42, "the worker thread answered something else");
}

function expect(held: boolean, otherwise: string): Promise<void> {
  return held ? Promise.resolve() : Promise.reject(new Error(otherwise));
}
