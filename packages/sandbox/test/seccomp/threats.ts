/** Ways that got programs out of sandboxes before, written by hand: they hold whatever somebody writes into the policy. */
import type { ErrnoName } from "../../src/seccomp/schema.ts";

export interface Threat {
  what: string;
  call: string;
  /** Leading arguments; the rest is zero. */
  args: bigint[];
  says: ErrnoName;
  /** What a kernel says that was built without it. */
  absent?: ErrnoName;
}

const NOBODY = 0xffff_ffff_ffff_ffffn;
const HIGH_BITS = 0x1234_5678_0000_0000n;
const STREAM = 1n;
const DATAGRAM = 2n;
const RAW = 3n;

const family = (what: string, number: bigint, type: bigint): Threat => {
  return { what: `socket ${what}`, call: "socket", args: [number, type], says: "EAFNOSUPPORT", absent: "EAFNOSUPPORT" };
};
const protocol = (what: string, args: bigint[]): Threat => {
  return { what: `socket ${what}`, call: "socket", args, says: "EPROTONOSUPPORT", absent: "EPROTONOSUPPORT" };
};
const namespace = (what: string, flag: bigint): Threat[] => [
  { what: `clone ${what}`, call: "clone", args: [flag], says: "EPERM" },
  { what: `unshare ${what}`, call: "unshare", args: [flag], says: "EPERM" },
];
const option = (what: string, ...args: bigint[]): Threat => ({ what: `prctl ${what}`, call: "prctl", args, says: "EPERM" });
const refused = (call: string, what: string, ...args: bigint[]): Threat => ({ what: `${call} ${what}`, call, args, says: "EPERM" });

export const THREATS: Threat[] = [
  family("AF_ALG (CVE-2026-31431)", 38n, 5n),
  family("AF_RXRPC (CVE-2026-43500)", 33n, DATAGRAM),
  family("AF_VSOCK", 40n, STREAM),
  family("AF_PACKET", 17n, RAW),
  family("AF_KEY", 15n, RAW),
  family("AF_TIPC", 30n, STREAM),
  family("AF_CAN", 29n, RAW),
  family("AF_SMC", 43n, STREAM),
  family("AF_PACKET with high bits set", 17n | HIGH_BITS, RAW),
  protocol("NETLINK_XFRM (CVE-2026-43284)", [16n, RAW, 6n]),
  protocol("NETLINK_NETFILTER", [16n, RAW, 12n]),
  protocol("NETLINK_GENERIC", [16n, RAW, 16n]),
  protocol("raw IP", [2n, RAW, 1n]),
  protocol("SCTP", [2n, STREAM, 132n]),
  protocol("MPTCP", [2n, STREAM, 262n]),
  protocol("UDP-Lite", [10n, DATAGRAM, 136n]),
  { what: "setsockopt TCP_ULP", call: "setsockopt", args: [NOBODY, 6n, 31n], says: "EPERM" },
  { what: "setsockopt TCP_ULP with high bits set", call: "setsockopt", args: [NOBODY, 6n | HIGH_BITS, 31n | HIGH_BITS], says: "EPERM" },
  { what: "setsockopt SO_ATTACH_BPF", call: "setsockopt", args: [NOBODY, 1n, 50n], says: "EPERM" },
  { what: "setsockopt SO_LINGER", call: "setsockopt", args: [NOBODY, 1n, 13n], says: "EPERM" },
  { what: "sendto MSG_OOB (CVE-2025-38236)", call: "sendto", args: [NOBODY, 0n, 0n, 1n], says: "EOPNOTSUPP" },
  { what: "ioctl TIOCSTI (CVE-2017-5226)", call: "ioctl", args: [NOBODY, 0x5412n], says: "EPERM" },
  { what: "ioctl TIOCSTI with high bits set (CVE-2019-10063)", call: "ioctl", args: [NOBODY, 0x5412n | HIGH_BITS], says: "EPERM" },
  ...namespace("CLONE_NEWUSER", 0x1000_0000n),
  ...namespace("CLONE_NEWNET", 0x4000_0000n),
  ...namespace("CLONE_NEWNS", 0x2_0000n),
  ...namespace("CLONE_NEWPID", 0x2000_0000n),
  refused("clone", "CLONE_PARENT", 0x8000n),
  { what: "clone3, whatever its flags", call: "clone3", args: [], says: "ENOSYS" },
  { what: "io_uring_setup (an empty request)", call: "io_uring_setup", args: [], says: "ENOSYS", absent: "ENOSYS" },
  option("PR_SET_DUMPABLE", 4n, 1n),
  option("PR_SET_PTRACER", 0x5961_6d61n),
  option("PR_SET_SECCOMP", 22n),
  option("PR_SCHED_CORE", 62n),
  refused("seccomp", "SECCOMP_SET_MODE_FILTER", 1n),
  refused("personality", "ADDR_NO_RANDOMIZE", 0x4_0000n),
  refused("ptrace", "PTRACE_TRACEME"),
  refused("mknod", "a character device", 0n, 0x2000n),
  refused("mknodat", "a block device", NOBODY, 0n, 0x6000n),
  refused("fchmodat", "set-user-id", NOBODY, 0n, 0o4755n),
  refused("prlimit64", "of init", 1n, 0n),
  { what: "mmap MAP_HUGETLB", call: "mmap", args: [0n, 0x20_0000n, 3n, 0x4_0000n, NOBODY], says: "ENOMEM" },
];
