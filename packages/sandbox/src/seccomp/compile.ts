import { Assembler, type Label, Op } from "./assembler.ts";
import type { ArgTest, Policy, Rule, Verdict } from "./policy.ts";
import { ERRNO } from "./schema.ts";
import { type Arch, AUDIT_ARCH, syscallNumbers, X32_BIT } from "./syscalls.ts";

/** SECCOMP_RET_… @source linux/seccomp.h */
const RETURN_KILL_PROCESS = 0x8000_0000;
const RETURN_ERRNO = 0x0005_0000;
const RETURN_ALLOW = 0x7fff_0000;

/** Offsets into `struct seccomp_data`; both architectures are little endian. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const lowWord = (index: number): number => 16 + 8 * index;
const highWord = (index: number): number => lowWord(index) + 4;

const ALL_BITS = 0xffff_ffffn;

/** Calls `first` up to the next span's `first` are decided by the same rules. */
interface Span {
  first: number;
  rules: Rule[];
}

/**
 * A policy as classic BPF: an array of `struct sock_filter` (8 bytes each, little endian), as seccomp(2) takes it. A call of a foreign
 * ABI (i386, x32) kills the process, since its numbers and arguments mean other things. Then a binary search over call numbers, then
 * the call's rules. The same policy gives the same bytes.
 * @throws RangeError when the program is longer than the kernel takes.
 */
export function compilePolicy(policy: Policy, { arch }: { arch: Arch }): Uint8Array {
  const assembler = new Assembler();
  const search = emitSearch(assembler, spansOf(policy, arch), policy.fallback);
  const kill = assembler.return(RETURN_KILL_PROCESS);
  const native = arch === "x64" ? assembler.branch(Op.jumpIfAnyBit, X32_BIT, kill, search) : search;
  const withNumber = assembler.load(NUMBER, native);
  const checked = assembler.branch(Op.jumpIfEqual, AUDIT_ARCH[arch], withNumber, kill);
  return assembler.finish(assembler.load(ARCHITECTURE, checked));
}

/** The whole number line, cut where the rules change. Calls that no rule names have an empty list. */
function spansOf(policy: Policy, arch: Arch): Span[] {
  const rulesByNumber = new Map<number, Rule[]>();
  for (const [name, number] of syscallNumbers(arch)) rulesByNumber.set(number, rulesFor(policy, name));
  const spans: Span[] = [];
  const append = (first: number, rules: Rule[]): void => {
    const last = spans.at(-1);
    if (last === undefined || identity(last.rules) !== identity(rules)) spans.push({ first, rules });
  };
  const end = Math.max(...rulesByNumber.keys()) + 1;
  for (let number = 0; number <= end; number++) append(number, rulesByNumber.get(number) ?? []);
  return spans;
}

/** The rules that can decide this call: up to the first that holds always. */
function rulesFor(policy: Policy, name: string): Rule[] {
  const rules = policy.rules.filter((rule) => rule.syscalls.includes(name));
  const last = rules.findIndex((rule) => rule.tests.length === 0);
  return last === -1 ? rules : rules.slice(0, last + 1);
}

function identity(rules: Rule[]): string {
  const parts = rules.map(({ tests, verdict }) => ({ tests, verdict }));
  return JSON.stringify(parts, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function emitSearch(assembler: Assembler, spans: Span[], fallback: Verdict): Label {
  const [only] = spans;
  if (spans.length === 1 && only !== undefined) return emitRules(assembler, only.rules, fallback);
  const middle = spans.length >> 1;
  const above = spans.slice(middle);
  const upper = emitSearch(assembler, above, fallback);
  const lower = emitSearch(assembler, spans.slice(0, middle), fallback);
  return assembler.branch(Op.jumpIfAtLeast, above[0]?.first ?? 0, upper, lower);
}

function emitRules(assembler: Assembler, rules: Rule[], fallback: Verdict): Label {
  const last = rules.at(-1);
  const decided = last?.tests.length === 0;
  let next = assembler.return(returnValue(decided ? last.verdict : fallback));
  for (const rule of (decided ? rules.slice(0, -1) : rules).toReversed()) {
    const otherwise = next;
    let holds = assembler.return(returnValue(rule.verdict));
    for (const test of rule.tests.toReversed()) holds = emitTest(assembler, test, holds, otherwise);
    next = holds;
  }
  return next;
}

function emitTest(assembler: Assembler, test: ArgTest, holds: Label, otherwise: Label): Label {
  const [match, miss] = test.negated ? [otherwise, holds] : [holds, otherwise];
  if (test.width === 32) return emitWord(assembler, { offset: lowWord(test.index), mask: test.mask, values: test.values }, match, miss);
  let next = miss;
  for (const value of test.values.toReversed()) {
    const low = { offset: lowWord(test.index), mask: test.mask & ALL_BITS, values: [value & ALL_BITS] };
    const high = { offset: highWord(test.index), mask: test.mask >> 32n, values: [value >> 32n] };
    next = emitWord(assembler, high, emitWord(assembler, low, match, next), next);
  }
  return next;
}

/** One half of an argument: `(word & mask) in values`. */
function emitWord(assembler: Assembler, word: { offset: number; mask: bigint; values: bigint[] }, match: Label, miss: Label): Label {
  if (word.mask === 0n) return match;
  let next = miss;
  for (const value of word.values.toReversed()) next = assembler.branch(Op.jumpIfEqual, Number(value), match, next);
  if (word.mask !== ALL_BITS) next = assembler.and(Number(word.mask), next);
  return assembler.load(word.offset, next);
}

function returnValue(verdict: Verdict): number {
  if (verdict.action === "allow") return RETURN_ALLOW;
  return verdict.action === "kill" ? RETURN_KILL_PROCESS : RETURN_ERRNO | ERRNO[verdict.errno];
}
