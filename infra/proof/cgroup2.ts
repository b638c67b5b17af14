/**
 * `npm run test:cgroup2 [-- test file …]`: boots Debian's kernel in QEMU with control groups of version 2 alone, and runs the tests of limits and
 * isolation there, on this checkout. Needs qemu-system-x86 and busybox-static; it takes minutes, since the processor is emulated: nested KVM hung here.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { basename, dirname, join } from "node:path";
import { guestKernel } from "./guest-kernel.ts";
import { ROOT } from "./run-tests.ts";

const WORK = join(ROOT, "build", "cgroup2");
const TESTS = ["isolation", "lifecycle", "failures", "memory", "limits", "clones", "descriptors"].map(
  (name) => `packages/sandbox/test/${name}.int`,
);
const DEADLINE_MS = 15 * 60_000;

const { code, lines } = await boot(process.argv.length > 2 ? process.argv.slice(2) : TESTS);
if (code === undefined) console.error(`the virtual machine did not come to an end:\n${lines.slice(-20).join("\n")}`);
process.exitCode = code ?? 1;

async function boot(tests: string[]): Promise<{ code: number | undefined; lines: string[] }> {
  mkdirSync(WORK, { recursive: true });
  const kernel = guestKernel(WORK);
  const initramfs = makeInitramfs(kernel.modules, tests);
  const share = `local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap`;
  const machine = ["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "6144", "-nographic", "-no-reboot", "-nic", "none"];
  const append = "console=ttyS0 panic=-1 cgroup_no_v1=all";
  const args = [...machine, "-virtfs", share, "-kernel", kernel.image, "-initrd", initramfs, "-append", append];
  const qemu = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "pipe", "inherit"], timeout: DEADLINE_MS, killSignal: "SIGKILL" });
  const lines: string[] = [];
  for await (const line of createInterface({ input: qemu.stdout })) {
    console.log(line);
    lines.push(line);
  }
  const ended = lines.map((line) => /^guest ended with (\d+)/.exec(line)?.[1]).find((each) => each !== undefined);
  return { code: ended === undefined ? undefined : Number(ended), lines };
}

/** busybox, the modules, and what to run. */
function makeInitramfs(modules: string[], tests: string[]): string {
  const tree = join(WORK, "initramfs");
  rmSync(tree, { recursive: true, force: true });
  for (const directory of ["bin", "modules"]) mkdirSync(join(tree, directory), { recursive: true });
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error("busybox is missing: apt-get install busybox-static qemu-system-x86");
  copyFileSync(busybox, join(tree, "bin/busybox"));
  copyFileSync("/bin/busybox", join(tree, "bin/sh"));
  for (const module of modules) copyFileSync(module, join(tree, "modules", basename(module)));
  writeFileSync(join(tree, "modules/order"), modules.map((module) => `${basename(module)}\n`).join(""));
  copyFileSync(join(import.meta.dirname, "guest/init"), join(tree, "init"));
  for (const program of ["init", "bin/busybox", "bin/sh"]) chmodSync(join(tree, program), 0o755);
  writeFileSync(join(tree, "task"), taskOf(tests));
  const image = join(WORK, "initramfs.cpio");
  execFileSync(busybox, ["sh", "-c", `cd '${tree}' && find . | busybox cpio -o -H newc > '${image}'`], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  return image;
}

function taskOf(tests: string[]): string {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  return [
    `export PATH=${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 TMPDIR=/run`,
    `cd ${ROOT}`,
    "uname -r; cat /sys/fs/cgroup/cgroup.controllers",
    `node ${vitest} run --project int --testTimeout 300000 --hookTimeout 300000 ${tests.join(" ")}`,
    'echo "guest ended with $?"',
    "sleep 1; echo o >/proc/sysrq-trigger; sleep 60",
    "",
  ].join("\n");
}
