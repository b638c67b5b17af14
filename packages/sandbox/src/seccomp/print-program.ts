/** Prints a policy, compiled for this machine, as the initialiser of a C array of bytes: `node print-program.ts builder`. For native/Makefile. */
import { compilePolicy } from "./compile.ts";
import { loadPolicy, PolicyName } from "./load.ts";
import { hostArch } from "./syscalls.ts";

const bytes = compilePolicy(loadPolicy(PolicyName.parse(process.argv[2])), { arch: hostArch() });
process.stdout.write(`// Made by packages/sandbox/src/seccomp/print-program.ts\n${bytes.join(",")}\n`);
