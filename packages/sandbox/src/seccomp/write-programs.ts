import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilePolicy } from "./compile.ts";
import { loadPolicy } from "./load.ts";
import { withDenials } from "./policy.ts";
import { type Arch, hostArch } from "./syscalls.ts";

export interface ProgramOptions {
  /** Default: this machine's. */
  arch?: Arch;
  /** Calls that the operator refuses to instances beyond the policy. */
  denials?: readonly string[];
}

/** What the launcher installs; `fn-jail` has the builder's within itself. */
const INSTALLED = ["instance", "template", "zygote"] as const;
type Installed = (typeof INSTALLED)[number];

/** The bytes of all programs, each an array of `struct sock_filter`. @throws PolicyError on a denial that is no call. */
export function compilePrograms({ arch = hostArch(), denials = [] }: ProgramOptions = {}): Record<Installed, Uint8Array> {
  return {
    instance: compilePolicy(withDenials(loadPolicy("instance"), denials), { arch }),
    template: compilePolicy(withDenials(loadPolicy("template"), denials), { arch }),
    zygote: compilePolicy(loadPolicy("zygote"), { arch }),
  };
}

/**
 * Writes all programs below `dir` (made when missing) and gives their paths, for launcher and zygote to read. A name carries the hash of the
 * bytes, and a file that has them already is left alone: calling twice, or from two processes, is harmless.
 */
export function writePrograms(dir: string, options: ProgramOptions = {}): Record<Installed, string> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const programs = compilePrograms(options);
  const paths = INSTALLED.map((name) => [name, writeProgram(dir, name, programs[name])] as const);
  return Object.fromEntries(paths) as Record<Installed, string>;
}

function writeProgram(dir: string, name: Installed, bytes: Uint8Array): string {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const path = join(dir, `${name}-${hash}.bpf`);
  if (holds(path, bytes)) return path;
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, bytes, { mode: 0o444 });
  renameSync(unfinished, path);
  return path;
}

function holds(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}
