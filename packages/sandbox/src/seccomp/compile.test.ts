import { describe, expect, it } from "vitest";
import { interpret } from "../../test/seccomp/bpf-interpreter.ts";
import { evaluate, type Said } from "../../test/seccomp/evaluate.ts";
import { argumentSamples } from "../../test/seccomp/samples.ts";
import { compilePolicy } from "./compile.ts";
import { loadPolicy, POLICY_NAMES, readPolicyFile } from "./load.ts";
import { resolvePolicy } from "./policy.ts";
import { ERRNO, PolicyFile } from "./schema.ts";
import { type Arch, AUDIT_ARCH, syscallNumbers, X32_BIT } from "./syscalls.ts";

const ARCHES: Arch[] = ["x64", "arm64"];
const CASES = ARCHES.flatMap((arch) => POLICY_NAMES.map((name) => ({ arch, name })));
const LAST_NUMBER = 600;
const NO_ARGS = [0n, 0n, 0n, 0n, 0n, 0n];
const I386 = 0x40000003;
const KILL_PROCESS = 0x8000_0000;
const ERRNO_ACTION = 0x0005_0000;

/** The value that a program must give for what the policy says. @source linux/seccomp.h */
function expected(said: Said): number {
  if (said === "allow") return 0x7fff_0000;
  if (said === "kill") return KILL_PROCESS;
  return ERRNO_ACTION + ERRNO[said as keyof typeof ERRNO];
}

function tryEverything(file: PolicyFile, arch: Arch): { tried: number; wrong: string[] } {
  const program = compilePolicy(resolvePolicy(file), { arch });
  const names = new Map([...syscallNumbers(arch)].map(([name, number]) => [number, name]));
  const wrong: string[] = [];
  let tried = 0;
  for (let number = 0; number <= LAST_NUMBER; number++) {
    const name = names.get(number);
    for (const args of name === undefined ? [NO_ARGS] : argumentSamples(file, name)) {
      tried++;
      const got = interpret(program, { number, arch: AUDIT_ARCH[arch], args });
      if (got !== expected(evaluate(file, name, args))) wrong.push(`${number} ${name}(${args.join()}): ${got.toString(16)}`);
    }
  }
  return { tried, wrong };
}

describe.each(CASES)("the $name program on $arch", ({ arch, name }) => {
  const program = compilePolicy(loadPolicy(name), { arch });
  const run = (number: number, machine: number): number => interpret(program, { number, arch: machine, args: NO_ARGS });

  it("decides every number and every sampled argument as the policy reads", () => {
    const { tried, wrong } = tryEverything(readPolicyFile(name), arch);
    expect(wrong).toEqual([]);
    expect(tried).toBeGreaterThan(LAST_NUMBER);
  });

  it("kills on every foreign architecture", () => {
    for (const machine of [I386, AUDIT_ARCH[arch === "x64" ? "arm64" : "x64"], 0]) {
      for (const number of [0, 1, 59, 425]) expect(run(number, machine)).toBe(KILL_PROCESS);
    }
  });

  it.runIf(arch === "x64")("kills on x32 numbers", () => {
    for (let number = 0; number <= LAST_NUMBER; number++) expect(run(X32_BIT + number, AUDIT_ARCH.x64)).toBe(KILL_PROCESS);
  });

  it("is the same program each time", () => {
    expect(compilePolicy(loadPolicy(name), { arch })).toEqual(program);
  });
});

describe("a policy of arbitrary rules", () => {
  it("decides as it reads, whatever its shape", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const file = arbitraryPolicy(seed);
      for (const arch of ARCHES) expect(tryEverything(file, arch).wrong, `seed ${seed}`).toEqual([]);
    }
  });

  it("jumps further than a conditional jump can hold", () => {
    const values = Array.from({ length: 300 }, (_, index) => index * 3);
    const rules = ["read", "write", "futex"].map((syscall, index) => ({
      syscalls: [syscall],
      action: "allow",
      args: [{ index, op: "in", values, width: index === 1 ? 64 : 32 }],
      reason: "test",
    }));
    const last = { syscalls: ["read", "write", "futex"], action: "errno", errno: "EPERM", reason: "test" };
    const file = PolicyFile.parse({ ...EMPTY, rules: [...rules, last] });
    for (const arch of ARCHES) expect(tryEverything(file, arch).wrong).toEqual([]);
  });

  it("is refused when longer than the kernel takes", () => {
    const values = Array.from({ length: 5000 }, (_, index) => index);
    const rule = { syscalls: ["read"], action: "allow", args: [{ index: 0, op: "in", values }], reason: "test" };
    const last = { syscalls: ["read"], action: "kill", reason: "test" };
    const policy = resolvePolicy(PolicyFile.parse({ ...EMPTY, rules: [rule, last] }));
    expect(() => compilePolicy(policy, { arch: "x64" })).toThrow(RangeError);
  });
});

const EMPTY = { name: "test", purpose: "test", constants: {}, default: { action: "errno", errno: "ENOSYS", reason: "test" } };

/** A policy from a seed: every operator, both widths, rules shared and repeated. */
function arbitraryPolicy(seed: number): PolicyFile {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const verdict = (): object => pick([{ action: "allow" }, { action: "kill" }, { action: "errno", errno: "EPERM" }]);
  const names = [...syscallNumbers("arm64").keys()].filter(() => random(4) === 0);
  const arg = (): object => {
    const width = pick([32, 64]);
    const wide = width === 64 ? "0x100000000" : "0x0";
    const mask = `0xff|${wide}`;
    const value = `0x${random(255).toString(16)}|${pick(["0x0", wide])}`;
    const op = pick(["eq", "ne", "in", "masked_eq", "masked_ne", "masked_in"]);
    const values = op.endsWith("in") ? { values: [value, "0x1"] } : { value };
    return { index: random(6), width, op, ...values, ...(op.startsWith("masked") ? { mask } : {}) };
  };
  const tested = names.filter(() => random(3) === 0).flatMap((name) => Array.from({ length: 1 + random(3) }, () => name));
  const narrow = tested.map((name) => ({ syscalls: [name], ...verdict(), args: Array.from({ length: 1 + random(2) }, arg), reason: "test" }));
  const last = names.map((name) => ({ syscalls: [name], ...verdict(), reason: "test" }));
  return PolicyFile.parse({ ...EMPTY, default: { ...verdict(), reason: "test" }, rules: [...narrow, ...last] });
}
