/** Arguments worth trying on a call: made from the rules of the policy file, so that each side of each test is met. */
import type { PolicyArg, PolicyFile } from "../../src/seccomp/schema.ts";
import { numeric } from "./evaluate.ts";

const HIGH_BIT = 1n << 32n;
const ALL = 0xffff_ffff_ffff_ffffn;

/**
 * Combinations of the values that the call's rules mention, their neighbours, and both with bits set where the kernel does not look.
 * All of them, or `limit` spread evenly.
 */
export function argumentSamples(file: PolicyFile, name: string, limit: number): bigint[][] {
  const candidates = Array.from({ length: 6 }, () => new Set<bigint>([0n]));
  const tested = file.rules.filter((rule) => rule.syscalls.includes(name)).flatMap((rule) => rule.args ?? []);
  for (const arg of tested) for (const value of near(file, arg)) candidates[arg.index]?.add(value);
  const choices = candidates.map((values) => [...values]);
  const total = choices.reduce((product, values) => product * values.length, 1);
  const step = total <= limit ? 1 : total / limit;
  return Array.from({ length: Math.min(total, limit) }, (_, at) => combination(choices, Math.floor(at * step)));
}

/** The combination of that rank, first choice fastest. */
function combination(choices: bigint[][], rank: number): bigint[] {
  let rest = rank;
  return choices.map((values) => {
    const value = values[rest % values.length] ?? 0n;
    rest = Math.floor(rest / values.length);
    return value;
  });
}

function near(file: PolicyFile, arg: PolicyArg): bigint[] {
  const written = ("values" in arg ? arg.values : [arg.value]).map((value) => numeric(file, value));
  const mask = "mask" in arg ? numeric(file, arg.mask) : ALL;
  const bits = "mask" in arg ? bitsOf(mask) : [];
  const values = [...written, ...written.map((value) => value + 1n), ...bits];
  return [...values, ...written.map((value) => value | HIGH_BIT), ...written.map((value) => (value | ~mask) & ALL), ALL];
}

function bitsOf(mask: bigint): bigint[] {
  return Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)).filter((bit) => (mask & bit) !== 0n);
}
