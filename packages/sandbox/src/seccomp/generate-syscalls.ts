/**
 * Writes `syscalls.json`, the syscall numbers of both architectures, from the kernel's own headers (Debian `linux-libc-dev`).
 * Run by hand on an x86_64 machine when the policy should know newer calls: `node packages/sandbox/src/seccomp/generate-syscalls.ts`.
 * What the table does not name gets the policy's default, so an old table is safe.
 * @source asm/unistd_64.h (x86_64); asm-generic/unistd.h with the switches of arch/arm64/include/uapi/asm/unistd.h (aarch64)
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const ARM64_SWITCHES = ["RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "TIME32_SYSCALLS", "SYS_CLONE3", "MEMFD_SECRET"];
/** Defined by asm-generic/unistd.h beside the calls, but no calls. */
const NOT_CALLS = new Set(["syscalls", "arch_specific_syscall"]);
const DEADLINE_MS = 10_000;

function macros(header: string, switches: string[]): Map<string, string> {
  const defines = switches.map((name) => `-D__ARCH_WANT_${name}`);
  const args = ["-E", "-dM", ...defines, "-include", header, "-x", "c", "/dev/null"];
  const text = execFileSync("gcc", args, { encoding: "utf8", timeout: DEADLINE_MS });
  return new Map([...text.matchAll(/^#define (__NR\w+) (\w+)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

function numbers(header: string, switches: string[]): Record<string, number> {
  const all = macros(header, switches);
  const calls = [...all]
    .filter(([name]) => name.startsWith("__NR_"))
    .map(([name, value]): [string, number] => [name.slice(5), Number(all.get(value) ?? value)])
    .filter(([name]) => !NOT_CALLS.has(name));
  return Object.fromEntries(calls.sort((a, b) => a[1] - b[1]));
}

const version = execFileSync("dpkg-query", ["-W", "-f", "${Version}", "linux-libc-dev"], { encoding: "utf8", timeout: DEADLINE_MS });
const table = {
  source: `linux-libc-dev ${version}: asm/unistd_64.h, asm-generic/unistd.h`,
  x64: numbers("asm/unistd_64.h", []),
  arm64: numbers("asm-generic/unistd.h", ARM64_SWITCHES),
};
writeFileSync(new URL("syscalls.json", import.meta.url), `${JSON.stringify(table, null, 1)}\n`);
