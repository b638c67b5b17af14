import { describe, expect, it } from "vitest";
import { arbitraryPolicy, EMPTY } from "../../test/seccomp/arbitrary-policy.ts";
import { interpret } from "../../test/seccomp/bpf-interpreter.ts";
import { evaluate, type Said } from "../../test/seccomp/evaluate.ts";
import { argumentSamples } from "../../test/seccomp/samples.ts";
import { compilePolicy } from "./compile.ts";
import { loadPolicy, PolicyName, readPolicyFile } from "./load.ts";
import { resolvePolicy } from "./policy.ts";
import { ERRNO, PolicyFile } from "./schema.ts";
import { type Arch, AUDIT_ARCH, syscallNumbers, X32_BIT } from "./syscalls.ts";

const ARCHES: Arch[] = ["x64", "arm64"];
const CASES = ARCHES.flatMap((arch) => PolicyName.options.map((name) => ({ arch, name })));
const LAST_NUMBER = 600;
const NO_ARGS = [0n, 0n, 0n, 0n, 0n, 0n];
const I386 = 0x40000003;
const KILL_PROCESS = 0x8000_0000;
const ERRNO_ACTION = 0x0005_0000;

/** The value that a program must give for what the policy says. @source linux/seccomp.h */
function expected(said: Said): number {
  if (said === "allow") return 0x7fff_0000;
  if (said === "kill") return KILL_PROCESS;
  return ERRNO_ACTION + ERRNO[said];
}

function tryEverything(file: PolicyFile, arch: Arch, samplesPerCall = 20_000): { tried: number; wrong: string[] } {
  const program = compilePolicy(resolvePolicy(file), { arch });
  const names = new Map([...syscallNumbers(arch)].map(([name, number]) => [number, name]));
  const wrong: string[] = [];
  let tried = 0;
  for (let number = 0; number <= LAST_NUMBER; number++) {
    const name = names.get(number);
    for (const args of name === undefined ? [NO_ARGS] : argumentSamples(file, name, samplesPerCall)) {
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

  it("is the same program each time", () => {
    expect(compilePolicy(loadPolicy(name), { arch })).toEqual(program);
  });
});

it.each(PolicyName.options)("the %s program kills on x32 numbers", (name) => {
  const program = compilePolicy(loadPolicy(name), { arch: "x64" });
  for (let number = X32_BIT; number <= X32_BIT + LAST_NUMBER; number++) {
    expect(interpret(program, { number, arch: AUDIT_ARCH.x64, args: NO_ARGS })).toBe(KILL_PROCESS);
  }
});

describe("a policy of arbitrary rules", () => {
  it("decides as it reads, whatever its shape", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const file = arbitraryPolicy(seed);
      for (const arch of ARCHES) expect(tryEverything(file, arch, 100).wrong, `seed ${seed}`).toEqual([]);
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
