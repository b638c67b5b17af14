/** Calls to try on the kernel, made from the policy: for each rule of each call, arguments that this rule decides. */
import type { PolicyFile, PolicyRule } from "../../src/seccomp/schema.ts";
import { type Arch, syscallNumbers } from "../../src/seccomp/syscalls.ts";
import { decidingRule, said, type Said } from "./evaluate.ts";
import type { ProbeCall } from "./probe.ts";
import { argumentSamples } from "./samples.ts";

export interface KernelCase {
  name: string;
  says: Said;
  reason: string;
  /** The policy refuses this call with these, for one argument or another. */
  refusals: Said[];
  calls: ProbeCall[];
}

const ALL_SAMPLES = 20_000;
const SAMPLES_PER_RULE = 16;
const BAD_DESCRIPTOR = 0xffff_ffff_ffff_ffffn;
/** Where zero would be the probe's own standard input, whose kernel errors are those of a refusal. */
const BAD_DESCRIPTOR_FIRST = new Set(["ioctl", "fcntl", "setsockopt", "sendto", "sendmsg", "sendmmsg"]);

/** Every refusal, and what the same calls are allowed. A call that is always allowed is proved by the programs that need it. */
export function kernelCases(file: PolicyFile, arch: Arch): KernelCase[] {
  return [...syscallNumbers(arch)].flatMap(([name, number]) => {
    const rules = file.rules.filter((rule) => rule.syscalls.includes(name));
    const refusals = rules.map(said).filter((verdict) => verdict !== "allow");
    if (refusals.length === 0) return [];
    const samples = argumentSamples(file, name, ALL_SAMPLES).map((args) => safe(name, args));
    return rules.map((rule) => {
      const calls = decidedBy(file, { name, rule }, samples).map((args): ProbeCall => ({ entry: "native", number, args }));
      return { name, says: said(rule), reason: rule.reason, refusals, calls };
    });
  });
}

function decidedBy(file: PolicyFile, { name, rule }: { name: string; rule: PolicyRule }, samples: bigint[][]): bigint[][] {
  const decided = samples.filter((args) => decidingRule(file, name, args) === rule);
  const step = Math.max(1, decided.length / SAMPLES_PER_RULE);
  return Array.from({ length: Math.min(decided.length, SAMPLES_PER_RULE) }, (_, at) => decided[Math.floor(at * step)] ?? []);
}

/** Arguments that show what they should and do not upset the probe. */
function safe(name: string, args: bigint[]): bigint[] {
  if (BAD_DESCRIPTOR_FIRST.has(name)) return [BAD_DESCRIPTOR, ...args.slice(1)];
  // The low byte of clone's flags is the signal that the child's end sends to the probe.
  if (name === "clone") return [(args[0] ?? 0n) & ~0xffn, ...args.slice(1)];
  return args;
}
