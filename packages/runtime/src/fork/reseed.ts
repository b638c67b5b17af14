import crypto, { randomBytes, randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { performance } from "node:perf_hooks";

/**
 * A forked child is a copy: what its parent drew from, it would draw too. The add-on has reseeded OpenSSL; this makes the rest
 * differ, before any code of a tenant runs. V8's hash seed stays the zygote's: it cannot change in a live heap.
 */
export function reseed(): void {
  replaceMathRandom();
  replaceRandomUuid();
  refreshIdentity();
  refreshTimeOrigin();
}

const TWO_POW_53 = 2 ** 53;

/** V8 keeps the state of `Math.random` in the context. xoshiro128** seeded from the kernel, 53 bits a draw. */
function replaceMathRandom(): void {
  const s = new Uint32Array(4);
  randomFillSync(s);
  const next = (): number => {
    const product = Math.imul(s[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  };
  const random = { random: (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / TWO_POW_53 }.random;
  Object.defineProperty(Math, "random", { value: random, writable: true, configurable: true, enumerable: false });
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Node draws 128 UUIDs at a time into the heap. @source RFC 9562, section 5.4 */
function freshUuid(): string {
  const b = randomBytes(16);
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const h = (from: number, to: number): string => {
    let text = "";
    for (let at = from; at < to; at++) text += HEX[b[at]!]!;
    return text;
  };
  return `${h(0, 4)}-${h(4, 6)}-${h(6, 8)}-${h(8, 10)}-${h(10, 16)}`;
}

function replaceRandomUuid(): void {
  const randomUUID = (_options?: object): string => freshUuid();
  Object.defineProperty(crypto, "randomUUID", { value: randomUUID, writable: true, configurable: true, enumerable: true });
  // `crypto.randomUUID` of webcrypto lives on the prototype and shares the cache.
  Object.defineProperty(Object.getPrototypeOf(globalThis.crypto) as object, "randomUUID", {
    value: randomUUID,
    writable: true,
    configurable: true,
    enumerable: true,
  });
  syncBuiltinESMExports();
}

/** Node reads its pid once, at start. */
function refreshIdentity(): void {
  const self = readSelf();
  Object.defineProperty(process, "pid", { value: self.pid, writable: false, configurable: true, enumerable: true });
  Object.defineProperty(process, "ppid", { get: () => readSelf().ppid, configurable: true, enumerable: true });
}

function readSelf(): { pid: number; ppid: number } {
  // stat: "pid (name) state ppid …"; the name may hold anything, so look behind its last ')'.
  const stat = readFileSync("/proc/self/stat", "utf8");
  const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return { pid: Number.parseInt(stat, 10), ppid };
}

/** `performance.now()` counts from the start of this process, which is now. */
function refreshTimeOrigin(): void {
  const now = performance.now.bind(performance);
  const offset = now();
  const timeOrigin = performance.timeOrigin + offset;
  Object.defineProperty(performance, "now", { value: () => now() - offset, writable: true, configurable: true, enumerable: true });
  Object.defineProperty(performance, "timeOrigin", { value: timeOrigin, configurable: true, enumerable: true });
}
