import type { HostCheck } from "@zygo/contracts";
import type { HostFacts } from "./facts.ts";

/** Settings of the host that weaken isolation or surprise in operation; none of them stops a worker. */
export function swap({ read }: HostFacts): HostCheck {
  const used = (read("/proc/swaps") ?? "").split("\n").slice(1);
  return {
    name: "swap",
    mandatory: false,
    ok: used.length === 0,
    found: used.length === 0 ? "none" : `${used.length} in use`,
    means: "A function's memory, its secrets in it, can come to lie on a disk; and latency suffers for all when one swaps.",
    ...(used.length > 0 && { mend: "swapoff -a, and remove it from /etc/fstab." }),
  };
}

export function ksm({ read }: HostFacts): HostCheck {
  const on = read("/sys/kernel/mm/ksm/run") === "1";
  return {
    name: "ksm",
    mandatory: false,
    ok: !on,
    found: on ? "merges equal pages" : "off",
    means: "Merged pages tell by timing what another tenant has in memory.",
    ...(on && { mend: "echo 2 > /sys/kernel/mm/ksm/run" }),
  };
}

export function cpuFlaws({ read, list }: HostFacts): HostCheck {
  const root = "/sys/devices/system/cpu/vulnerabilities";
  const open = list(root).filter((name) => (read(`${root}/${name}`) ?? "").startsWith("Vulnerable"));
  return {
    name: "cpu-flaws",
    mandatory: false,
    ok: open.length === 0,
    found: open.length === 0 ? "mitigated, or not concerned" : `vulnerable: ${open.join(", ")}`,
    means: "Code of one tenant can read memory of another by the processor's speculation.",
    ...(open.length > 0 && { mend: "Update kernel and microcode, and boot without mitigations=off." }),
  };
}

export function pidSpace({ read }: HostFacts): HostCheck {
  const most = Number(read("/proc/sys/kernel/pid_max") ?? 0);
  const ok = most >= 65_536;
  return {
    name: "pid-space",
    mandatory: false,
    ok,
    found: `kernel.pid_max is ${most}`,
    means: "Each instance takes two processes and some threads; where pids run out, nothing starts any more.",
    ...(!ok && { mend: "sysctl -w kernel.pid_max=4194304" }),
  };
}

export function coreDumps({ read }: HostFacts): HostCheck {
  const pattern = read("/proc/sys/kernel/core_pattern") ?? "";
  const piped = pattern.startsWith("|");
  return {
    name: "core-dumps",
    mandatory: false,
    ok: true,
    found: piped ? `piped to ${pattern.slice(1).split(" ")[0]}` : pattern,
    means: "Functions have a core limit of 0; a pipe of the host's is told of their crashes all the same, by root, outside of the sandbox.",
  };
}

export function volumes({ list }: HostFacts): HostCheck {
  const tools = ["/usr/sbin", "/sbin"].some((path) => list(path).includes("mkfs.ext4"));
  const loop = list("/dev").includes("loop-control");
  const lacks = [...(loop ? [] : ["/dev/loop-control"]), ...(tools ? [] : ["mkfs.ext4"])];
  return {
    name: "volumes",
    mandatory: false,
    ok: lacks.length === 0,
    found: lacks.length === 0 ? "loop devices and mkfs.ext4" : `no ${lacks.join(", no ")}`,
    means: "Volumes, whose quota is the size of an image on a loop device, cannot be made or mounted.",
    ...(lacks.length > 0 && { mend: "modprobe loop; apt-get install e2fsprogs" }),
  };
}
