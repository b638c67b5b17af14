/** Cases about what is in a sandbox: files, /proc, processes. */
import { PRIVILEGES, type Control, type HostileCase } from "./case.ts";

const MIB = 2 ** 20;
const NOTHING_THERE: Control = { none: "nothing of the host is in the root; packages/testkit/test/isolation reads the same from outside" };
const KERNEL: Control = { none: "the kernel's own rule" };
const ROOT_WRITABLE: Control = { without: ["read-only-root", ...PRIVILEGES] };
const masked: Control = { without: ["proc-masks", ...PRIVILEGES], gives: "read" };

type Row = [id: string, title: string, outcome: string | readonly string[], control: Control, reference?: string];

const rows = (area: string, list: readonly Row[]): HostileCase[] =>
  list.map(([id, title, outcome, control, reference]) => ({
    id: `${area}/${id}`,
    title,
    ...(reference !== undefined && { reference }),
    held: { outcome },
    control,
  }));

const FILES = rows("files", [
  ["read-shadow", "reads the host's /etc/shadow", "ENOENT", NOTHING_THERE],
  ["list-host", "lists the host's /home", "ENOENT", NOTHING_THERE],
  ["read-bundles", "lists the bundles of other functions", "ENOENT", NOTHING_THERE],
  ["read-dotdot", "climbs out by ..", "ENOENT", NOTHING_THERE],
  ["read-symlink", "climbs out by a symbolic link", "ENOENT", NOTHING_THERE],
  ["read-proc-root", "goes through pid 1's root", ["ENOENT", "EACCES"], NOTHING_THERE],
  ["read-self-root", "goes through its own root", "ENOENT", NOTHING_THERE],
  ["leaked-directories", "looks for a descriptor or a working directory outside", "none", NOTHING_THERE, "CVE-2024-21626"],
  ["hardlink-node", "links Node's binary to where it may write", "EXDEV", KERNEL],
  ["write-root", "writes to /", "EROFS", ROOT_WRITABLE],
  ["write-app", "writes to its own code", "EROFS", KERNEL],
  ["write-node", "overwrites Node's binary", "EROFS", ROOT_WRITABLE, "CVE-2019-5736"],
  ["write-runtime", "overwrites the runtime", "EROFS", ROOT_WRITABLE],
  ["write-hosts", "overwrites /etc/hosts", "EROFS", ROOT_WRITABLE],
  ["write-dev", "makes a file in /dev", "EROFS", KERNEL],
  ["overwrite-self", "overwrites the program that runs, by /proc/self/exe", ["EROFS", "ETXTBSY", "EACCES"], KERNEL, "CVE-2019-5736"],
  ["fill-bytes", "fills /tmp with 256 MiB", "ENOSPC", { without: [], limits: { tmpBytes: 400 * MIB, memoryBytes: 600 * MIB } }],
  [
    "fill-inodes",
    "fills /tmp with 60,000 files",
    "ENOSPC",
    { without: [], limits: { tmpBytes: 2048 * MIB, tmpFiles: 100_000 }, gives: "succeeded" },
  ],
  ["fill-sparse", "fills /tmp by one sparse file", "ENOSPC", { without: [], limits: { tmpBytes: 400 * MIB, memoryBytes: 600 * MIB } }],
  ["execute-tmp", "executes what it wrote", "EACCES", KERNEL],
  ["delete-app", "deletes its own code", "EROFS", KERNEL],
  ["chmod-root", "opens / to all", ["EROFS", "EPERM"], ROOT_WRITABLE],
]);

const PROC = rows("proc", [
  ["other-processes", "lists other processes", "none", { without: ["ids", "capabilities", "bounding-set"] }],
  ["init-environ", "reads pid 1's environment", ["ENOENT", "EACCES"], { without: PRIVILEGES, gives: "empty" }],
  ["init-maps", "reads pid 1's memory map", ["ENOENT", "EACCES"], { without: PRIVILEGES }],
  ["init-descriptors", "lists pid 1's descriptors", ["ENOENT", "EACCES"], { without: PRIVILEGES }],
  ["kcore", "reads the kernel's memory", ["empty", "EACCES", "ENOENT"], { none: "what is behind the mask is for the host's root" }],
  ["keys", "reads the kernel's keyrings", ["empty", "ENOENT"], { none: "there may be none to see" }],
  ["interrupts", "counts the host's interrupts", ["empty", "ENOENT"], masked],
  ["kallsyms", "reads the kernel's symbols", ["empty", "ENOENT"], masked],
  ["modules", "lists kernel modules", ["empty", "ENOENT"], { none: "a kernel without modules has no such file" }],
  ["timer-list", "reads the host's timers", ["empty", "EACCES", "ENOENT"], { none: "what is behind the mask is for the host's root" }],
  ["kmsg", "reads the kernel's log", ["empty", "EACCES", "EPERM", "ENOENT"], { none: "what is behind the mask is for the host's root" }],
  ["core-pattern", "has core dumps handed to a program", ["EROFS", "EACCES"], KERNEL, "CVE-2022-0492"],
  ["modprobe", "chooses the program that loads modules", ["EROFS", "EACCES", "ENOENT"], KERNEL],
  ["sysrq", "presses the magic key", ["EROFS", "EACCES", "ENOENT"], KERNEL],
  ["hostname", "sets the hostname by /proc", ["EROFS", "EACCES"], { without: ["proc-masks", ...PRIVILEGES], gives: "succeeded" }],
  ["oom-score", "hides from the out-of-memory killer", ["EACCES"], KERNEL],
  ["uid-map", "maps itself to root", "EPERM", KERNEL],
  ["powercap", "reads the processor's power (PLATYPUS)", "ENOENT", NOTHING_THERE, "CVE-2020-8694"],
  ["huge-pages", "changes how the host's memory is managed", "ENOENT", NOTHING_THERE],
  ["cgroups", "lists control groups", "ENOENT", NOTHING_THERE],
  ["release-agent", "writes a release_agent", "ENOENT", NOTHING_THERE, "CVE-2022-0492"],
  ["mem", "reads the machine's memory", "ENOENT", NOTHING_THERE],
  ["disk", "reads the host's disk", "ENOENT", NOTHING_THERE],
  ["tty", "opens the terminal", "ENOENT", NOTHING_THERE],
  ["fuse", "opens FUSE", "ENOENT", NOTHING_THERE],
  ["kvm", "opens the hypervisor", "ENOENT", NOTHING_THERE],
]);

const PROCESSES = rows("processes", [
  ["kill-init", "kills pid 1", ["EPERM", "ESRCH"], KERNEL],
  ["stop-init", "stops pid 1", ["EPERM", "ESRCH"], KERNEL],
  ["kill-parent", "kills its parent", "succeeded", { none: "pid 0 is its own process group: see `processes/kill-group`" }],
  ["kill-other", "kills a process that it cannot see", "ESRCH", KERNEL],
  ["kill-all", "kills everybody", ["ESRCH", "EPERM"], KERNEL],
  [
    "fork-bomb",
    "a hundred children at a time",
    ["EAGAIN", "some refused or ended", "FUNCTION_OOM"],
    { without: [], limits: { pids: 4096, memoryBytes: 6000 * MIB }, gives: "all live" },
  ],
  ["daemon", "leaves a process behind", "left behind", { none: "it ends with its sandbox: the leak check at the end" }],
  ["zombies", "twenty children that end at once", "reaped", { none: "nothing is refused" }],
  ["exhaust-descriptors", "opens 4,000 files", "EMFILE", { without: ["rlimits"], gives: "4,000 are open" }],
]);

export const INSIDE_CASES: HostileCase[] = [...FILES, ...PROC, ...PROCESSES.filter(({ id }) => id !== "processes/kill-parent")];
