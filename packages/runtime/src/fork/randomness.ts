import crypto, { randomBytes, randomFillSync, randomInt as nodeRandomInt } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/**
 * What a child would draw as its zygote's other children do, unless it is seeded anew: `Math.random`, whose state V8 keeps in the context,
 * and `randomUUID`, `randomUUIDv7` and `randomInt`, for which Node keeps random bytes in the heap. OpenSSL, which notices a fork by getpid(2) alone, is reseeded by the add-on.
 * V8's hash seed stays the zygote's: it cannot change in a live heap.
 */
const state = new Uint32Array(4);

/** Called in the zygote, so that a child has a seed to draw and nothing to compile. */
export function installRandomness(): void {
  Object.defineProperty(Math, "random", { value: { random }.random, writable: true, configurable: true, enumerable: false });
  const uuid = { value: { randomUUID: (): string => freshUuid() }.randomUUID, writable: true, configurable: true, enumerable: true };
  Object.defineProperty(crypto, "randomUUID", uuid);
  Object.defineProperty(Object.getPrototypeOf(globalThis.crypto) as object, "randomUUID", uuid);
  if ("randomUUIDv7" in crypto) {
    Object.defineProperty(crypto, "randomUUIDv7", { ...uuid, value: { randomUUIDv7: (): string => freshUuid(Date.now()) }.randomUUIDv7 });
  }
  Object.defineProperty(crypto, "randomInt", { ...uuid, value: randomInt });
  syncBuiltinESMExports();
  practise();
}

/** In a child, before code of a tenant runs. */
export function renewRandomness(): void {
  randomFillSync(state);
}

/** OpenSSL's first draw loads its providers: hundreds of pages that each child would write anew. */
function practise(): void {
  renewRandomness();
  random();
  freshUuid();
  randomInt(8);
  globalThis.crypto.getRandomValues(new Uint8Array(8));
}

const TWO_POW_53 = 2 ** 53;

function random(): number {
  return ((draw() >>> 5) * 67108864 + (draw() >>> 6)) / TWO_POW_53;
}

/** xoshiro128**. @source https://prng.di.unimi.it/xoshiro128starstar.c */
function draw(): number {
  const s1 = state[1]!;
  const product = Math.imul(s1, 5);
  const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
  state[2]! ^= state[0]!;
  state[3]! ^= s1;
  state[1]! ^= state[2]!;
  state[0]! ^= state[3]!;
  state[2]! ^= s1 << 9;
  state[3] = (state[3]! << 11) | (state[3]! >>> 21);
  return result;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Version 4, or 7 of a time in epoch milliseconds. @source RFC 9562, sections 5.4 and 5.7 */
function freshUuid(timeMs?: number): string {
  const bytes = randomBytes(16);
  if (timeMs !== undefined) bytes.writeUIntBE(timeMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | (timeMs === undefined ? 0x40 : 0x70);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let text = "";
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
    text += HEX[bytes[at]!]!;
  }
  return text;
}

type IntCallback = (error: Error | null, value: number) => void;

/** As Node's, without its cache. What that refuses it refuses with the same error. @source Node's lib/internal/crypto/random.js */
function randomInt(first: number, second?: number | IntCallback, third?: IntCallback): number | undefined {
  const single = second === undefined || typeof second === "function";
  const [min, max] = single ? [0, first] : [first, second];
  const callback = single ? second : third;
  const range = max - min;
  const sound = Number.isSafeInteger(min) && Number.isSafeInteger(max) && range > 0 && range < TWO_POW_48;
  if (!sound || !(callback === undefined || typeof callback === "function")) return nodeRandomInt(first, second as number, third!) as never;
  const value = min + drawBelow(range);
  if (callback === undefined) return value;
  process.nextTick(callback, undefined, value);
  return undefined;
}

const TWO_POW_48 = 2 ** 48;

/** Uniform: a draw from the ragged end is thrown away. */
function drawBelow(range: number): number {
  const even = TWO_POW_48 - (TWO_POW_48 % range);
  for (;;) {
    const drawn = randomBytes(6).readUIntBE(0, 6);
    if (drawn < even) return drawn % range;
  }
}
