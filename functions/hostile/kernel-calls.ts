/** The calls of attack-kernel.ts, as data: numbers are those of x86-64, `held` is what the policy answers. */
import type { Argument, Entry } from "./native-calls.ts";

export interface KernelCall {
  id: string;
  title: string;
  /** A known way out that begins with it. */
  reference?: string;
  number: number;
  args?: readonly Argument[];
  entry?: Entry;
  /** errno, or `SIGSYS`: the process is killed. */
  held: string;
  /** Without the filter and all privileges left, the kernel does it. */
  succeeds?: true;
  /** What must be left out, where it is not the filter and all privileges. */
  without?: readonly string[];
  /** Why the control is not tried. */
  untried?: string;
}

const X32 = 0x4000_0000;
const AT_FDCWD = -100;
/** An unmapped root may make no user namespace, the function's own uid may. */
const FILTER_ALONE = ["seccomp"];
/** The zygote's filter stays on its children. */
const BOTH_FILTERS = ["seccomp", "zygote-filter"];
const WHOLE_MACHINE = "it would act on the whole machine";

const NAMESPACES_AND_MOUNTS: KernelCall[] = [
  { id: "unshare-user", title: "a user namespace of its own", reference: "CVE-2022-0185", number: 272, args: [0x1000_0000], held: "EPERM", succeeds: true, without: FILTER_ALONE },
  { id: "unshare-net", title: "a network namespace of its own", reference: "CVE-2024-1086", number: 272, args: [0x4000_0000], held: "EPERM", succeeds: true },
  { id: "unshare-mount", title: "a mount namespace of its own", number: 272, args: [0x2_0000], held: "EPERM", succeeds: true },
  { id: "unshare-cgroup", title: "a cgroup namespace of its own", reference: "CVE-2022-0492", number: 272, args: [0x200_0000], held: "EPERM", succeeds: true },
  { id: "clone-user", title: "clone into a user namespace", number: 56, args: [0x1000_0011], held: "EPERM", succeeds: true, without: FILTER_ALONE },
  { id: "clone-parent", title: "clone: a child of the zygote (CLONE_PARENT)", number: 56, args: [0x8011], held: "EPERM", succeeds: true },
  { id: "clone3", title: "clone3, whose flags no filter can see", number: 435, args: [0, 0], held: "ENOSYS" },
  { id: "setns", title: "setns", number: 308, args: [-1, 0], held: "EPERM" },
  { id: "chroot", title: "chroot", number: 161, args: ["/tmp"], held: "EPERM", succeeds: true },
  { id: "mount", title: "mount a tmpfs", number: 165, args: ["none", "/tmp", "tmpfs", 0, 0], held: "EPERM", succeeds: true },
  { id: "mount-cgroup", title: "mount a cgroup hierarchy for its release_agent", reference: "CVE-2022-0492", number: 165, args: ["cgroup", "/tmp", "cgroup", 0, "pids"], held: "EPERM" },
  { id: "mount-overlay", title: "mount an overlay to copy up set-id files", reference: "CVE-2023-0386", number: 165, args: ["overlay", "/tmp", "overlay", 0, "lowerdir=/usr:/etc"], held: "EPERM", succeeds: true },
  { id: "umount2", title: "unmount what makes /proc/sys read-only", number: 166, args: ["/proc/sys", 2], held: "EPERM", succeeds: true },
  { id: "pivot-root", title: "pivot_root", number: 155, args: ["/", "/"], held: "EPERM" },
  { id: "move-mount", title: "move_mount", number: 429, args: [AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0], held: "EPERM" },
  { id: "open-tree", title: "open_tree, a copy of a mount", number: 428, args: [AT_FDCWD, "/tmp", 1], held: "EPERM", succeeds: true },
  { id: "fsopen", title: "fsopen", reference: "CVE-2022-0185", number: 430, args: ["tmpfs", 0], held: "EPERM", succeeds: true },
  { id: "fsconfig", title: "fsconfig", reference: "CVE-2022-0185", number: 431, args: [-1, 0, 0, 0, 0], held: "EPERM" },
  { id: "fspick", title: "fspick", number: 433, args: [AT_FDCWD, "/tmp", 0], held: "EPERM", succeeds: true },
  { id: "mount-setattr", title: "mount_setattr: a writable root", number: 442, args: [AT_FDCWD, "/", 0, new Uint8Array(32), 32], held: "EPERM" },
];

const OTHER_PROCESSES: KernelCall[] = [
  { id: "ptrace", title: "ptrace: attach to pid 1", number: 101, args: [16, 1], held: "EPERM", untried: "the kernel refuses pid 1 with the same errno" },
  { id: "ptrace-traceme", title: "ptrace: be traced", number: 101, args: [0], held: "EPERM", succeeds: true },
  { id: "process-vm-readv", title: "process_vm_readv", number: 310, args: [1, 0, 0, 0, 0, 0], held: "EPERM", succeeds: true },
  { id: "process-vm-writev", title: "process_vm_writev", number: 311, args: [1, 0, 0, 0, 0, 0], held: "EPERM", succeeds: true },
  { id: "pidfd-getfd", title: "pidfd_getfd: take another's descriptor", number: 438, args: [-1, 0, 0], held: "EPERM" },
  { id: "kcmp", title: "kcmp", number: 312, args: [1, 1, 0, 0, 0], held: "EPERM", succeeds: true },
  { id: "prlimit-init", title: "limits of pid 1", number: 302, args: [1, 7, 0, 0], held: "EPERM", succeeds: true },
  { id: "process-madvise", title: "process_madvise", number: 440, args: [-1, 0, 0, 0, 0], held: "EPERM" },
];

const KERNEL_PROGRAMS: KernelCall[] = [
  { id: "bpf", title: "bpf: load a program", reference: "CVE-2021-3490", number: 321, args: [5, 0, 0], held: "EPERM", untried: "the host lets its own root alone load programs, with the same errno" },
  { id: "perf-event-open", title: "perf_event_open", reference: "CVE-2013-2094", number: 298, args: [0, 0, -1, -1, 0], held: "EPERM" },
  { id: "userfaultfd", title: "userfaultfd", number: 323, args: [1], held: "EPERM", succeeds: true },
  { id: "io-uring", title: "io_uring_setup", reference: "CVE-2023-2598", number: 425, args: [1, new Uint8Array(120)], held: "ENOSYS", without: BOTH_FILTERS },
  { id: "io-setup", title: "io_setup", number: 206, args: [1, new Uint8Array(8)], held: "ENOSYS", succeeds: true },
  { id: "add-key", title: "add_key", reference: "CVE-2016-0728", number: 248, args: ["user", "x", "y", 1, -2], held: "EPERM" },
  { id: "request-key", title: "request_key", number: 249, args: ["user", "x", 0, -2], held: "EPERM" },
  { id: "keyctl", title: "keyctl: join a session keyring", reference: "CVE-2016-0728", number: 250, args: [1, 0], held: "EPERM" },
  { id: "seccomp-listener", title: "seccomp: a filter of its own with a listener", number: 317, args: [1, 8, 0], held: "EPERM" },
  { id: "prctl-seccomp", title: "prctl: a filter of its own", number: 157, args: [22, 2, 0], held: "EPERM" },
  { id: "prctl-ptracer", title: "prctl: PR_SET_PTRACER", number: 157, args: [0x5961_6d61, -1], held: "EPERM" },
  { id: "prctl-sched-core", title: "prctl: PR_SCHED_CORE", number: 157, args: [62, 1, 0, 0, 0], held: "EPERM" },
  { id: "personality", title: "personality: no address randomisation", number: 135, args: [0x4_0000], held: "EPERM", succeeds: true },
  { id: "modify-ldt", title: "modify_ldt", reference: "CVE-2015-5157", number: 154, args: [0, 0, 0], held: "EPERM", succeeds: true },
  { id: "memfd-secret", title: "memfd_secret", number: 447, args: [0], held: "EPERM" },
  { id: "mmap-hugetlb", title: "pages of the host's huge-page pool", number: 9, args: [0, 0x20_0000, 3, 0x4_0022, -1, 0], held: "ENOMEM", untried: "a host without huge pages says the same" },
  { id: "madvise-mergeable", title: "same-page merging", number: 28, args: [0, 0, 12], held: "EINVAL", untried: "a kernel without KSM says the same" },
  { id: "vmsplice", title: "vmsplice", reference: "CVE-2008-0600", number: 278, args: [-1, 0, 0, 0], held: "EPERM" },
  { id: "mbind", title: "mbind", number: 237, args: [0, 0, 0, 0, 0, 0], held: "EPERM" },
  { id: "move-pages", title: "move_pages of pid 1", number: 279, args: [1, 0, 0, 0, 0, 0], held: "EPERM" },
  { id: "remap-file-pages", title: "remap_file_pages", number: 216, args: [0, 0, 0, 0, 0], held: "EPERM" },
  { id: "landlock", title: "landlock_create_ruleset", number: 444, args: [0, 0, 1], held: "ENOSYS", untried: "a kernel without Landlock says the same" },
  { id: "newest-call", title: "a call newer than the policy", number: 599, held: "ENOSYS", untried: "the kernel itself has none" },
];

const HOST: KernelCall[] = [
  { id: "init-module", title: "load a kernel module", number: 175, args: [0, 0, ""], held: "EPERM", untried: WHOLE_MACHINE },
  { id: "kexec-load", title: "kexec_load", number: 246, held: "EPERM", untried: WHOLE_MACHINE },
  { id: "reboot", title: "reboot", number: 169, args: [0, 0, 0, 0], held: "EPERM", untried: WHOLE_MACHINE },
  { id: "swapon", title: "swapon", number: 167, args: ["/tmp/x", 0], held: "EPERM", untried: WHOLE_MACHINE },
  { id: "acct", title: "acct", number: 163, args: [0], held: "EPERM", untried: WHOLE_MACHINE },
  { id: "clock-settime", title: "clock_settime", number: 227, args: [0, 0], held: "EPERM" },
  { id: "settimeofday", title: "settimeofday", number: 164, args: [0, 0], held: "EPERM", untried: "a user namespace's root is refused with the same errno" },
  { id: "adjtimex", title: "adjtimex", number: 159, args: [0], held: "EPERM" },
  { id: "sethostname", title: "sethostname", number: 170, args: ["evil", 4], held: "EPERM", succeeds: true },
  { id: "setdomainname", title: "setdomainname", number: 171, args: ["evil", 4], held: "EPERM", succeeds: true },
  { id: "iopl", title: "iopl", number: 172, args: [3], held: "EPERM", untried: "a user namespace's root is refused with the same errno" },
  { id: "syslog", title: "read the kernel's log", number: 103, args: [10, 0, 0], held: "EPERM", untried: "depends on the host's dmesg_restrict" },
  { id: "sync", title: "flush every disk of the machine", number: 162, held: "EPERM", succeeds: true },
  { id: "quotactl", title: "quotactl", number: 179, args: [0x8000_0100, 0, 0, 0], held: "EPERM" },
  { id: "open-by-handle", title: "open a file of the host by its handle (Shocker)", number: 304, args: [-1, 0, 0], held: "EPERM" },
  { id: "name-to-handle", title: "name_to_handle_at", number: 303, args: [AT_FDCWD, 0, 0, 0, 0], held: "EPERM" },
  { id: "fanotify", title: "fanotify_init", number: 300, args: [0, 0], held: "EPERM", untried: "a user namespace's root is refused with the same errno" },
];

const IDENTITY: KernelCall[] = [
  { id: "setuid", title: "become root", number: 105, args: [0], held: "EPERM", succeeds: true },
  { id: "setgroups", title: "setgroups", number: 116, args: [0, 0], held: "EPERM", succeeds: true },
  { id: "capset", title: "capset", number: 126, args: [0, 0], held: "EPERM" },
  { id: "mknod-device", title: "make the disk's device node", number: 133, args: ["/tmp/disk", 0o60660, 0x800], held: "EPERM", untried: "a user namespace's root is refused with the same errno" },
  { id: "chmod-setuid", title: "a set-user-id file", number: 90, args: ["/tmp", 0o4777], held: "EPERM", untried: "/tmp is another's, and the kernel says the same" },
  { id: "setxattr", title: "trusted attributes", reference: "CVE-2023-0386", number: 188, args: ["/tmp", "user.x", "y", 1, 0], held: "ENOTSUP", untried: "a tmpfs without attributes says the same" },
];

const SOCKETS: KernelCall[] = [
  { id: "af-alg", title: "AF_ALG", reference: "CVE-2026-31431", number: 41, args: [38, 5, 0], held: "EAFNOSUPPORT" , untried: "a kernel without it says the same" },
  { id: "af-packet", title: "AF_PACKET: every frame on the wire", reference: "CVE-2020-14386", number: 41, args: [17, 3, 0], held: "EAFNOSUPPORT", succeeds: true },
  { id: "af-vsock", title: "AF_VSOCK: the hypervisor", number: 41, args: [40, 1, 0], held: "EAFNOSUPPORT", untried: "a kernel without it says the same" },
  { id: "af-rxrpc", title: "AF_RXRPC", reference: "CVE-2026-43500", number: 41, args: [33, 2, 2], held: "EAFNOSUPPORT", untried: "a kernel without it says the same" },
  { id: "af-key", title: "AF_KEY", number: 41, args: [15, 3, 2], held: "EAFNOSUPPORT", untried: "a kernel without it says the same" },
  { id: "netlink-xfrm", title: "NETLINK_XFRM", reference: "CVE-2026-43284", number: 41, args: [16, 3, 6], held: "EPROTONOSUPPORT", untried: "a kernel without it says the same" },
  { id: "netlink-netfilter", title: "NETLINK_NETFILTER", reference: "CVE-2024-1086", number: 41, args: [16, 3, 12], held: "EPROTONOSUPPORT", untried: "a kernel without it says the same" },
  { id: "raw-ip", title: "a raw IP socket", number: 41, args: [2, 3, 1], held: "EPROTONOSUPPORT", succeeds: true },
  { id: "raw-ip-high-bits", title: "a raw IP socket, with bits set where no one looks", number: 41, args: [0x1_0000_0002n, 3, 1], held: "EPROTONOSUPPORT", succeeds: true },
  { id: "sctp", title: "SCTP", number: 41, args: [2, 1, 132], held: "EPROTONOSUPPORT", untried: "a kernel without it says the same" },
  { id: "tcp-ulp", title: "setsockopt TCP_ULP", number: 54, args: [-1, 6, 31, "tls", 3], held: "EPERM" },
  { id: "attach-filter", title: "setsockopt SO_ATTACH_FILTER", number: 54, args: [-1, 1, 26, 0, 0], held: "EPERM" },
  { id: "linger", title: "setsockopt SO_LINGER: a close that blocks the worker", number: 54, args: [-1, 1, 13, 0, 8], held: "EPERM" },
  { id: "msg-oob", title: "urgent data on a Unix socket", reference: "CVE-2025-38236", number: 44, args: [-1, 0, 0, 1, 0, 0], held: "ENOTSUP" },
  { id: "tiocsti", title: "type into a terminal", reference: "CVE-2017-5226", number: 16, args: [-1, 0x5412, 0], held: "EPERM" },
  { id: "tiocsti-high-bits", title: "type into a terminal, with high bits set", reference: "CVE-2019-10063", number: 16, args: [-1, 0x1_0000_5412n, 0], held: "EPERM" },
];

const MESSAGES: KernelCall[] = [
  { id: "msgget", title: "System V messages", number: 68, args: [0, 0o1600], held: "EPERM", succeeds: true },
  { id: "shmget", title: "System V shared memory", number: 29, args: [0, 4096, 0o1600], held: "EPERM", succeeds: true },
  { id: "semget", title: "System V semaphores", number: 64, args: [0, 1, 0o1600], held: "EPERM", succeeds: true },
  { id: "mq-open", title: "POSIX messages", number: 240, args: ["x", 0o101, 0o600, 0], held: "EPERM" },
];

const FOREIGN: KernelCall[] = [
  { id: "i386-getpid", title: "a call by the i386 door", number: 20, entry: "int80", held: "SIGSYS", without: BOTH_FILTERS },
  { id: "i386-mount", title: "mount by the i386 door", number: 21, entry: "int80", held: "SIGSYS", without: BOTH_FILTERS },
  { id: "x32-getpid", title: "a call by x32's numbers", number: X32 + 39, held: "SIGSYS", without: BOTH_FILTERS },
  { id: "x32-ptrace", title: "ptrace by x32's numbers", reference: "CVE-2014-0038", number: X32 + 521, args: [0], held: "SIGSYS", without: BOTH_FILTERS },
];

export const KERNEL_CALLS: readonly KernelCall[] = [
  ...NAMESPACES_AND_MOUNTS,
  ...OTHER_PROCESSES,
  ...KERNEL_PROGRAMS,
  ...HOST,
  ...IDENTITY,
  ...SOCKETS,
  ...MESSAGES,
  ...FOREIGN,
];
