import type { HostCheck } from "@zygo/contracts";
import type { HostFacts } from "./facts.ts";

/** mount_setattr with idmapped mounts, overlay in user namespaces, move_mount and clone3 are all there from here on. */
const OLDEST_KERNEL = { major: 5, minor: 14 };

const REQUIRED_NAMESPACES = ["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"];
const REQUIRED_ACTIONS = ["kill_process", "errno", "allow"];
/** CAP_CHOWN … as the kernel numbers them; all that building a sandbox takes. @source linux/capability.h */
const REQUIRED_CAPABILITIES: readonly [name: string, bit: number][] = [
  ["CAP_CHOWN", 0],
  ["CAP_DAC_OVERRIDE", 1],
  ["CAP_KILL", 5],
  ["CAP_SETGID", 6],
  ["CAP_SETUID", 7],
  ["CAP_NET_ADMIN", 12],
  ["CAP_SYS_CHROOT", 18],
  ["CAP_SYS_ADMIN", 21],
];

export function kernelVersion({ kernel }: HostFacts): HostCheck {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  const ok = major > OLDEST_KERNEL.major || (major === OLDEST_KERNEL.major && minor >= OLDEST_KERNEL.minor);
  const oldest = `${OLDEST_KERNEL.major}.${OLDEST_KERNEL.minor}`;
  return {
    name: "kernel",
    mandatory: true,
    ok,
    found: `Linux ${kernel}`,
    means: "Sandboxes are built with clone3, move_mount, mount_setattr and overlays inside user namespaces.",
    ...(!ok && { mend: `Run a kernel of ${oldest} or later.` }),
  };
}

export function namespaces({ list, read }: HostFacts): HostCheck {
  const here = new Set(list("/proc/self/ns"));
  const missing = REQUIRED_NAMESPACES.filter((name) => !here.has(name));
  const full = REQUIRED_NAMESPACES.filter((name) => read(`/proc/sys/user/max_${name}_namespaces`) === "0");
  const lacking = [...new Set([...missing, ...full])];
  return {
    name: "namespaces",
    mandatory: true,
    ok: lacking.length === 0,
    found: lacking.length === 0 ? REQUIRED_NAMESPACES.join(", ") : `without ${lacking.join(", ")}`,
    means: "They decide what a function can see: processes, files, network, users, host names, control groups.",
    ...(lacking.length > 0 && {
      mend: `Set ${lacking.map((name) => `user.max_${name}_namespaces`).join(", ")} above 0 by sysctl, or run a kernel that has them.`,
    }),
  };
}

export function overlay({ read }: HostFacts): HostCheck {
  const ok = /\boverlay$/m.test(read("/proc/filesystems") ?? "");
  return {
    name: "overlay",
    mandatory: true,
    ok,
    found: ok ? "overlayfs" : "no overlayfs",
    means: "Base layers and function layers are read-only and shared; what an instance writes is its own and goes with it.",
    ...(!ok && { mend: "Load the module: modprobe overlay." }),
  };
}

export function seccomp({ read }: HostFacts): HostCheck {
  const offered = (read("/proc/sys/kernel/seccomp/actions_avail") ?? "").split(" ");
  const missing = REQUIRED_ACTIONS.filter((action) => !offered.includes(action));
  return {
    name: "seccomp",
    mandatory: true,
    ok: missing.length === 0,
    found: missing.length === 0 ? "filters" : `without ${missing.join(", ")}`,
    means: "System calls that no function needs are refused before they reach the kernel's code.",
    ...(missing.length > 0 && { mend: "Run a kernel with CONFIG_SECCOMP_FILTER." }),
  };
}

export function capabilities({ read }: HostFacts): HostCheck {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(read("/proc/self/status") ?? "")?.[1] ?? "0"}`);
  const missing = REQUIRED_CAPABILITIES.filter(([, bit]) => (effective & (1n << BigInt(bit))) === 0n).map(([name]) => name);
  return {
    name: "capabilities",
    mandatory: true,
    ok: missing.length === 0,
    found: missing.length === 0 ? "all that building a sandbox takes" : `without ${missing.join(", ")}`,
    means: "The launcher builds sandboxes; nothing that it starts keeps a capability.",
    ...(missing.length > 0 && { mend: "Start the worker as root, in a container with --privileged." }),
  };
}
