/** Memory, time and output without end. `?case=<id>` */
import { writeFileSync, mkdtempSync } from "node:fs";
import { pbkdf2Sync } from "node:crypto";
import { serve } from "./attack.ts";

export const config = { memoryMb: 64, timeoutMs: 1_500, reuse: "never" };

const MIB = 1024 * 1024;
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } } }).WebAssembly;

/** A kind of memory, taken until `most` MiB are held. */
function hoard(take: () => unknown, most = 192): string {
  const kept = Array.from({ length: most }, take);
  return `kept ${kept.length} MiB`;
}

const endless = (chunk: Uint8Array): Response => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));

const attacks = serve({
  buffers: () => hoard(() => Buffer.alloc(MIB, 1)),
  heap: () => hoard(() => Array.from({ length: MIB / 32 }, (_, index) => ({ index, double: index + 0.5 }))),
  strings: () => hoard(() => Buffer.alloc(MIB, "x").toString("latin1")),
  wasm: () => hoard(() => new Uint8Array(new Memory({ initial: 16 }).buffer).fill(1)),
  tmpfs: () => {
    const directory = mkdtempSync("/tmp/hoard-");
    return hoard(() => writeFileSync(`${directory}/${Math.random()}`, Buffer.alloc(MIB, 1)));
  },
  spin: () => {
    for (;;);
  },
  "spin-native": () => pbkdf2Sync("p", "s", 2_000_000_000, 64, "sha512"),
  "spin-regex": () => /^(a+)+$/.test("a".repeat(40) + "!"),
  "spin-microtasks": async () => {
    for (;;) await null;
  },
  "atomics-wait": () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  "flood-stdout": () => {
    const line = "x".repeat(MIB);
    for (let at = 0; at < 100; at++) console.log(line);
    return "written";
  },
  "flood-lines": () => {
    for (let at = 0; at < 100_000; at++) console.log(at);
    return "written";
  },
  "array-length": () => new Array(2 ** 32),
  "string-length": () => "x".repeat(2 ** 30),
});

export default (request: Request): Response | Promise<Response> =>
  new URL(request.url).searchParams.get("case") === "endless-body" ? endless(Buffer.alloc(65_536)) : attacks(request);
