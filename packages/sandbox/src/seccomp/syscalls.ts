import table from "./syscalls.json" with { type: "json" };

export type Arch = "x64" | "arm64";

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64. @source linux/audit.h */
export const AUDIT_ARCH: Record<Arch, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Calls of x32 have this bit in their number on x86_64. @source asm/unistd.h, __X32_SYSCALL_BIT */
export const X32_BIT = 0x40000000;

const NUMBERS: Record<Arch, Record<string, number>> = { x64: table.x64, arm64: table.arm64 };

/** Every call that the table knows, name → number. */
export const syscallNumbers = (arch: Arch): ReadonlyMap<string, number> => new Map(Object.entries(NUMBERS[arch]));

/** The name is a call on at least one architecture. Some are on one alone: aarch64 has no `open`. */
export const isSyscall = (name: string): boolean => Object.hasOwn(NUMBERS.x64, name) || Object.hasOwn(NUMBERS.arm64, name);

/** @throws RangeError on an architecture that has no policy. */
export function hostArch(): Arch {
  if (process.arch === "x64" || process.arch === "arm64") return process.arch;
  throw new RangeError(`no seccomp policy for ${process.arch}`);
}
