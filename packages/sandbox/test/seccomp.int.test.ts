/** The policies on the running kernel: what each refuses is refused, and would not be without the filter. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePolicy } from "../src/seccomp/compile.ts";
import { loadPolicy, readPolicyFile } from "../src/seccomp/load.ts";
import { ERRNO, type ErrnoName } from "../src/seccomp/schema.ts";
import { hostArch, syscallNumbers, X32_BIT } from "../src/seccomp/syscalls.ts";
import { writePrograms } from "../src/seccomp/write-programs.ts";
import type { Said } from "./seccomp/evaluate.ts";
import { type KernelCase, kernelCases } from "./seccomp/kernel-cases.ts";
import { type Threat, THREATS } from "./seccomp/threats.ts";
import { buildProbe, type Observed, observe, type ProbeCall } from "./seccomp/probe.ts";

const ARCH = hostArch();
const SIGSYS = "signal 31";
const NO_ARGS = [0n, 0n, 0n, 0n, 0n, 0n];
/** Without a filter, root could stop accounting, drop a crash kernel, or flush every disk of the machine. */
const NO_CONTROL = new Set(["acct", "kexec_load", "kexec_file_load", "reboot", "sync"]);
const LAST_NUMBER = 600;
const HEADERS = [
  ...["asm/ioctls.h", "asm/prctl.h", "fcntl.h", "linux/memfd.h", "linux/netlink.h", "linux/prctl.h", "linux/seccomp.h", "linux/sockios.h"],
  ...["netinet/in.h", "netinet/tcp.h", "sched.h", "sys/mman.h", "sys/socket.h", "sys/stat.h"],
];

let dir: string;
let programs: ReturnType<typeof writePrograms>;
/** What processes of each kind have installed, the strictest last. */
let filters: Record<"instance" | "template" | "builder", string[]>;
let probe: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "seccomp-"));
  programs = writePrograms(dir);
  const builder = join(dir, "builder.bpf");
  writeFileSync(builder, compilePolicy(loadPolicy("builder"), { arch: ARCH }));
  filters = {
    instance: [programs.zygote, programs.instance],
    template: [programs.zygote, programs.template],
    builder: [builder],
  };
  probe = buildProbe(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

const unfiltered = (calls: ProbeCall[]): Observed[] => observe(probe, [], calls);
const observed = (said: Said): Observed => (said === "kill" ? SIGSYS : `errno ${ERRNO[said as ErrnoName]}`);
/** Which descriptor, address or pid was returned does not matter. */
const kind = (verdict: Observed): string => verdict.replace(/^returned .*/, "returned");

describe.each(["instance", "template", "builder"] as const)("%s.json", (policy) => {
  const cases = kernelCases(readPolicyFile(policy), ARCH);
  const filtered = (calls: ProbeCall[]): Observed[] => observe(probe, filters[policy], calls);

  it.for(cases.filter(({ says }) => says !== "allow"))("$name gives $says: $reason", ({ name, says, calls }: KernelCase, { skip }) => {
    expect(calls.length).toBeGreaterThan(0);
    expect(new Set(filtered(calls))).toEqual(new Set([observed(says)]));
    if (NO_CONTROL.has(name)) skip("unproven: its control would act on the whole machine");
    const telling = unfiltered(calls).filter((verdict) => verdict !== observed(says));
    if (telling.length === 0) skip(`unproven: this kernel answers ${says} by itself`);
  });

  it.for(cases.filter(({ says }) => says === "allow"))("$name passes: $reason", ({ calls, refusals }: KernelCase) => {
    const verdicts = filtered(calls).map(kind);
    expect(verdicts).toEqual(unfiltered(calls).map(kind));
    const refused = new Set(refusals.map(observed));
    expect(verdicts.filter((verdict) => !refused.has(verdict))).not.toEqual([]);
  });

  it("answers ENOSYS to calls newer than itself", ({ skip }) => {
    const first = Math.max(...syscallNumbers(ARCH).values()) + 1;
    const calls = Array.from({ length: LAST_NUMBER - first }, (_, at): ProbeCall => ({
      entry: "native",
      number: first + at,
      args: NO_ARGS,
    }));
    expect(new Set(filtered(calls))).toEqual(new Set([observed("ENOSYS")]));
    if (unfiltered(calls).every((verdict) => verdict === observed("ENOSYS"))) skip("unproven: this kernel has no newer call");
  });

  it.runIf(ARCH === "x64")("kills a process that calls as i386", ({ skip }) => {
    const getpid: ProbeCall = { entry: "int80", number: 20, args: NO_ARGS };
    const [control = ""] = unfiltered([getpid]);
    const all = Array.from({ length: LAST_NUMBER }, (_, number): ProbeCall => ({ entry: "int80", number, args: NO_ARGS }));
    expect(new Set(filtered(all))).toEqual(new Set([SIGSYS]));
    if (!control.startsWith("returned")) skip(`unproven: this kernel runs no i386 code (${control})`);
  });

  it.runIf(ARCH === "x64")("kills a process that calls as x32", () => {
    const x32 = (number: number): ProbeCall => ({ entry: "native", number: X32_BIT + number, args: NO_ARGS });
    expect(new Set(filtered(Array.from({ length: LAST_NUMBER }, (_, number) => x32(number))))).toEqual(new Set([SIGSYS]));
    const some = ["getpid", "read", "ptrace"].map((name) => x32(syscallNumbers("x64").get(name) ?? 0));
    expect(unfiltered(some)).not.toContain(SIGSYS);
  });

  it("means by its constants what the C headers mean", () => {
    const ours = Object.entries(readPolicyFile(policy).constants).filter(([name]) => ARCH === "x64" || !name.startsWith("ARCH_"));
    const includes = HEADERS.map((header) => `#if __has_include(<${header}>)\n#include <${header}>\n#endif\n`);
    const checks = ours.map(([name, value]) => `static_assert(${name} == ${value});\n`);
    const source = join(dir, "constants.cc");
    writeFileSync(source, [...includes, ...checks].join(""));
    execFileSync("g++", ["-std=c++20", "-fsyntax-only", source], { timeout: 30_000 });
  });
});

describe("known ways out of a sandbox", () => {
  const filtered = (calls: ProbeCall[]): Observed[] => observe(probe, filters.instance, calls);

  it.for(THREATS)("$what gives $says", ({ call, args, says, absent }: Threat, { skip }) => {
    const number = syscallNumbers(ARCH).get(call);
    if (number === undefined) return skip(`${ARCH} has no ${call}`);
    const tried: ProbeCall = { entry: "native", number, args: [...args, ...NO_ARGS].slice(0, 6) };
    expect(filtered([tried])).toEqual([observed(says)]);
    const [control = ""] = unfiltered([tried]);
    if (absent !== undefined && control === observed(absent)) skip(`unproven: this kernel does not offer it (${absent})`);
    expect(control).not.toBe(observed(says));
  });
});

describe("zygote.json", () => {
  const numbers = syscallNumbers(ARCH);
  const call = (name: string): ProbeCall => ({ entry: "native", number: numbers.get(name) ?? -1, args: NO_ARGS });
  const underZygote = (...names: string[]): Observed[] => observe(probe, [programs.zygote], names.map(call));

  it("hides io_uring", ({ skip }) => {
    const names = ["io_uring_setup", "io_uring_enter", "io_uring_register"];
    expect(new Set(underZygote(...names))).toEqual(new Set([observed("ENOSYS")]));
    if (unfiltered(names.map(call)).every((verdict) => verdict === observed("ENOSYS"))) skip("unproven: this kernel has no io_uring");
  });

  it("leaves the launcher's calls alone", () => {
    const names = ["unshare", "setns", "mount", "setuid", "clone3"];
    expect(underZygote(...names)).toEqual(unfiltered(names.map(call)));
  });
});
