import { type ErrnoName, type PolicyArg, type PolicyFile, type PolicyRule } from "./schema.ts";
import { isSyscall } from "./syscalls.ts";

export type Verdict = { action: "allow" } | { action: "kill" } | { action: "errno"; errno: ErrnoName };

/** `(argument & mask) in values`, or its opposite when negated. */
export interface ArgTest {
  index: number;
  width: 32 | 64;
  mask: bigint;
  values: bigint[];
  negated: boolean;
}

/** All tests must hold; none: always. */
export interface Rule {
  syscalls: string[];
  tests: ArgTest[];
  verdict: Verdict;
}

/** A policy with its names resolved. The first rule of a call that holds decides. */
export interface Policy {
  name: string;
  fallback: Verdict;
  rules: Rule[];
}

/** The policy is not one that can be compiled; the message names the rule. */
export class PolicyError extends Error {
  override name = "PolicyError";
}

const FULL = { 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const;

/** @throws PolicyError on unknown calls and constants, values that can never match, and calls whose rules leave a case open. */
export function resolvePolicy(file: PolicyFile): Policy {
  const rules = file.rules.map((rule) => resolveRule(rule, file.constants));
  requireEveryCaseDecided(rules);
  return { name: file.name, fallback: verdictOf(file.default), rules };
}

/**
 * The policy with more calls refused: an operator's answer to a kernel fault, without a rebuild. They answer ENOSYS, as on a kernel that
 * lacks them, so that libraries take another way. What the policy refuses anyway keeps its own answer.
 * @throws PolicyError on a name that is no call, so that a slip of the pen does not pass for protection.
 */
export function withDenials(policy: Policy, names: readonly string[]): Policy {
  names.forEach(requireSyscall);
  const syscalls = names.filter((name) => canBeAllowed(policy, name));
  if (syscalls.length === 0) return policy;
  const denial: Rule = { syscalls, tests: [], verdict: { action: "errno", errno: "ENOSYS" } };
  return { ...policy, rules: [denial, ...policy.rules] };
}

function canBeAllowed(policy: Policy, name: string): boolean {
  const verdicts = policy.rules.filter((rule) => rule.syscalls.includes(name)).map((rule) => rule.verdict);
  return (verdicts.length === 0 ? [policy.fallback] : verdicts).some((verdict) => verdict.action === "allow");
}

function resolveRule(rule: PolicyRule, constants: Record<string, number>): Rule {
  rule.syscalls.forEach(requireSyscall);
  const tests = (rule.args ?? []).map((arg) => resolveArg(arg, constants));
  return { syscalls: rule.syscalls, tests, verdict: verdictOf(rule) };
}

function verdictOf(from: { action: "allow" | "kill" } | { action: "errno"; errno: ErrnoName }): Verdict {
  return from.action === "errno" ? { action: "errno", errno: from.errno } : { action: from.action };
}

function resolveArg(arg: PolicyArg, constants: Record<string, number>): ArgTest {
  const full = FULL[arg.width];
  const mask = "mask" in arg ? resolveValue(arg.mask, constants) : full;
  const values = ("values" in arg ? arg.values : [arg.value]).map((value) => resolveValue(value, constants));
  if (mask === 0n || mask > full) throw new PolicyError(`mask ${mask} does not fit argument ${arg.index} of ${arg.width} bits`);
  for (const value of values) {
    if ((value & mask) !== value) throw new PolicyError(`argument ${arg.index} can never be ${value} under mask ${mask}`);
  }
  return { index: arg.index, width: arg.width, mask, values, negated: arg.op === "ne" || arg.op === "masked_ne" };
}

function resolveValue(value: number | string, constants: Record<string, number>): bigint {
  if (typeof value === "number") return BigInt(value);
  return value.split("|").reduce((sum, term) => sum | resolveTerm(term, constants), 0n);
}

function resolveTerm(term: string, constants: Record<string, number>): bigint {
  const constant = constants[term];
  if (constant !== undefined) return BigInt(constant);
  if (/^0x[0-9a-f]+$/i.test(term)) return BigInt(term);
  throw new PolicyError(`${term} is neither a constant of the policy nor hexadecimal`);
}

function requireSyscall(name: string): void {
  if (!isSyscall(name)) throw new PolicyError(`${name} is not a system call`);
}

/** A call's last rule, and no earlier one, must hold always: nothing reaches `default` by oversight, and no rule is dead. */
function requireEveryCaseDecided(rules: Rule[]): void {
  const open = new Map<string, boolean>();
  for (const { syscalls, tests } of rules) {
    for (const name of syscalls) {
      if (open.get(name) === false) throw new PolicyError(`a rule for ${name} follows the one that decides it`);
      open.set(name, tests.length > 0);
    }
  }
  for (const [name, undecided] of open) if (undecided) throw new PolicyError(`${name} has cases that no rule decides`);
}
