import type { Socket } from "node:net";
import type { NetworkPolicy } from "@zygo/contracts";
import type { RuntimeName } from "@zygo/contracts/names";

/** What the kernel enforces on a sandbox. All of it is set before tenant code runs. */
export interface SandboxLimits {
  memoryBytes: number;
  /** Cores; 0.5 is half of one. */
  cpu: number;
  pids: number;
  tmpBytes: number;
  /** Inodes of /tmp. */
  tmpFiles: number;
  /** Descriptors a process. */
  openFiles: number;
  /** Bytes a second, of reads and of writes each. */
  diskBytesPerSecond: number;
  /** Absent where nobody's code runs yet: the sandbox is linked, and reaches nothing until `assign` says what it may. */
  network?: SandboxNetwork;
}

export interface SandboxNetwork {
  policy: NetworkPolicy;
  /** Mbit/s, each way. */
  mbps: number;
}

/** What was refused to a sandbox. */
export interface Refusal {
  address: string;
  /** 0 where the protocol has none. */
  port: number;
  /** `tcp`, `udp`, or the protocol's number. */
  protocol: string;
}

/** What an address that a name resolved to is allowed for. */
export interface Pin {
  address: string;
  port: number;
}

/** As a sandbox sees it. */
export interface Traffic {
  rxBytes: number;
  txBytes: number;
}

/** A sandbox's link to the network. */
export interface NetworkPort {
  /** IPv4, of the sandbox. */
  readonly address: string;
  /** Lets through what the policy allows. Once. @throws LauncherError, and then it may reach less than that, never more */
  admit(network: SandboxNetwork): Promise<void>;
  /** Lets a sandbox whose policy is a list reach these for a while. @throws when it has too many */
  pin(pins: readonly Pin[], forMs: number): Promise<void>;
  /** As the sandbox sees it; zeroes when it cannot be told any more. Never rejects. */
  traffic(): Promise<Traffic>;
  /**
   * Its sandbox is gone and another of the same version is to have it: forgets the connections and the pinned names. `before`: what the last
   * `rest` returned. @returns what went through since it was made. @throws LauncherError, and then it must not be had again
   */
  rest(before: Traffic): Promise<Traffic>;
  /** Gives the address back, with all that was allowed to it; for when the sandbox is gone. Idempotent, never rejects. */
  detach(): Promise<void>;
}

/** What links sandboxes to the network. */
export interface NetworkHost {
  attach(sandbox: { id: number; pid: number; mbps: number; onRefused: (refusal: Refusal) => void }): Promise<NetworkPort>;
}

/** A volume in a sandbox: what is written to it stays, and every sandbox that has it sees it at once. */
export interface SandboxVolume {
  /** Below `volumesDir`: `<tenant>/<name>.img`. */
  image: string;
  /** Where it is inside; the directory is made. */
  path: string;
  readOnly: boolean;
}

export interface SandboxSpec {
  runtime: RuntimeName;
  /** Host directory that holds `app/`; absent for an empty pool sandbox, which gets it by `assign`. */
  layer?: string;
  /** Host directory that holds `app/node_modules`; `layer` then has an empty directory in that place. */
  dependencies?: string | undefined;
  limits: SandboxLimits;
  /** Inside name; the sandbox's own UTS namespace. */
  hostname: string;
  /** There before any tenant's code runs. Not for templates. */
  volumes?: readonly SandboxVolume[];
}

/** What makes an empty sandbox a version's; members as in SandboxSpec. */
export type Assignment = Pick<SandboxSpec, "dependencies" | "limits" | "volumes"> & { layer: string };

/** How a process of a sandbox ended. Exactly one of code and signal is not null. */
export interface ExitStatus {
  code: number | null;
  signal: string | null;
}

/** What the kernel has counted of a sandbox since it was made. */
export interface Counters {
  cpuMs: number;
  /** For so long its processes were held back by the CPU limit. */
  throttledMs: number;
  memoryPeakBytes: number;
  /** Of block devices: what came from the page cache or stayed in it is not counted. Zero where the host has no such controller. */
  diskReadBytes: number;
  diskWriteBytes: number;
  /** Bytes that it received and sent by its network, headers counted; 0 without one. */
  netRxBytes: number;
  netTxBytes: number;
}

/** A sandbox's counters, to be read often. */
export interface Meter {
  /**
   * Synchronous: processor time and memory (some 10 µs in the midst of other work), all else as it was read last; or `whole`, all of them
   * (25 µs). Undefined once the sandbox is gone, or the meter closed.
   */
  read(whole: boolean): Counters | undefined;
  /** Idempotent. An open one keeps the sandbox's network namespace, so `destroy` closes it. */
  close(): void;
}

/** What a sandbox has used since it was made, read from its cgroups. */
export interface SandboxUsage extends Counters {
  /** The kernel killed for memory in this sandbox. */
  oomKilled: boolean;
  /** Now. */
  memoryBytes: number;
  /** Processes and threads now. */
  pids: number;
}

/** A Node process forked from a zygote into a sandbox. */
export interface InstanceProcess {
  /** Host pid. */
  readonly pid: number;
  /** The worker's end of the socketpair; frames of `@zygo/contracts/frames`. Its `close` means that the process is gone or going. */
  readonly channel: Socket;
  /** Resolves when the kernel has reaped it; never rejects. */
  readonly exited: Promise<ExitStatus>;
}

export interface Sandbox {
  readonly id: number;
  /** Host pid of the sandbox's pid 1. */
  readonly initPid: number;
  /** Milliseconds the launcher took to make it. */
  readonly createMs: number;
  /**
   * Forks an instance into this sandbox: from the runtime's zygote, or from the template whose sandbox it is. It drops every privilege, then
   * sends `hello`. One from a zygote waits for `load`. One from a template says `hello` when its version is there and `afterFork` has
   * settled: requests may follow at once, `load` must not. When `afterFork` failed it sends `loaded` with the error in place of `hello`.
   * A template's sandbox takes one fork in its life.
   */
  fork(): Promise<InstanceProcess>;
  /** Gives a pool sandbox to a version, once: binds the layers at /app, mounts the volumes and sets the limits. @throws when called twice. */
  assign(given: Assignment): Promise<void>;
  usage(): Promise<SandboxUsage>;
  /** One a sandbox, the same each time: opened while the process that was forked into it lives. Undefined when there is none. */
  meter(): Meter | undefined;
  /** Resolves once its network is as its limits say, with the port; undefined where it has none. @throws LauncherError */
  readonly wired: Promise<NetworkPort | undefined>;
  /** Told of what the network refuses it. */
  onRefused: ((refusal: Refusal) => void) | undefined;
  /** A TCP listener inside the sandbox's network namespace, owned by this process. Loopback addresses only. */
  listenInside(address: string, port: number): Promise<{ fd: number }>;
  bindUdpInside(address: string, port: number): Promise<{ fd: number }>;
  /** Kills all in it and gives back everything it held; idempotent. Resolves when nothing is left. */
  destroy(): Promise<SandboxUsage>;
}

export interface ZygoteInfo {
  runtime: RuntimeName;
  nodeVersion: string;
  /** Host pid. */
  pid: number;
  /** What the fork self-test found. A zygote that fails it is not used. */
  selfTest: { ok: boolean; checks: { name: string; ok: boolean; detail?: string }[] };
  startMs: number;
}

/** A version's template wants no layer later: what it loads is there from the start. */
export type TemplateSpec = Omit<SandboxSpec, "volumes"> & { layer: string };

/** Why a template came to its end, or could not become one. Sentences for `fn describe`: the function's own doing, no host path. */
export type Frozen = { ok: true } | { ok: false; reasons: string[] };

/** One sandbox of a template: its limits are its own, all else is the template's. */
export interface NestedSpec {
  limits: SandboxLimits;
  hostname: string;
}

/**
 * A process that loads one version and then only forks, and its domain: the sandbox in whose user and pid namespaces the sandboxes of the
 * version's instances are nested. Its life: `process` says `hello`, is sent `load`, answers `loaded`, may serve warm-up requests; then
 * `freeze`; from then on it costs no CPU and `channel` is closed. It counts to its own cgroup, under its own limits.
 */
export interface Template {
  readonly id: number;
  /** The template's process. Frames go over its channel until it is frozen. */
  readonly process: InstanceProcess;
  /**
   * Asks it to become a template, once, after `loaded`. With `ok: false` it went on as before and can be used no further: end it, and give
   * the reasons to the user. @throws when the process ended, or did not answer in time.
   */
  freeze(): Promise<Frozen>;
  /** A sandbox nested in the domain, ready to be forked into; after `freeze` or before. @throws when the template is gone. */
  createSandbox(spec: NestedSpec): Promise<Sandbox>;
  /** `createSandbox` and `fork` in one go, one wait shorter. @throws when either fails; nothing is left then. */
  createForked(spec: NestedSpec): Promise<{ sandbox: Sandbox; process: InstanceProcess }>;
  /** Of the template's process alone: instances count to their own sandboxes. */
  usage(): Promise<SandboxUsage>;
  /** Ends the process at once and makes no more instances. Those that live go on; the domain goes with the last. Resolves when it is gone. */
  retire(): Promise<void>;
  /** Ends the process and, with the domain, every instance in it. Idempotent. Resolves when nothing is left. */
  destroy(): Promise<SandboxUsage>;
  /** Resolves with the reason when the process is no more, asked or not; instances that live go on unless the domain went with it. */
  readonly gone: Promise<string>;
}

/** One launcher process and all that it made. Its end, by whatever cause, ends every sandbox. */
export interface SandboxHost {
  /** Starts the runtime's zygote and its self-test. @throws when the zygote cannot start. */
  startZygote(runtime: RuntimeName): Promise<ZygoteInfo>;
  create(spec: SandboxSpec): Promise<Sandbox>;
  /** `create` and `fork` in one go, one wait shorter. @throws when either fails; nothing is left then. */
  createForked(spec: SandboxSpec): Promise<{ sandbox: Sandbox; process: InstanceProcess }>;
  /** A new domain and, in it, a template's process, which waits for `load`. @throws when either fails; nothing is left then. */
  startTemplate(spec: TemplateSpec): Promise<Template>;
  /** Resolves with the reason when the launcher is gone, asked or not. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

export interface SandboxHostOptions {
  /** Names the cgroups, so that installations do not meet: hash of FN_HOME. */
  name: string;
  /** Directory for sockets and locks, 0700. */
  runDir: string;
  /** All layer directories given to `create` and `assign` are below it. */
  layersDir: string;
  /** Images of volumes: all that `volumes` names is below it. Without it no sandbox has any. */
  volumesDir?: string;
  /** Runtime → base layer directory. */
  bases: Partial<Record<RuntimeName, string>>;
  /** Told of each line that launcher or zygote writes to stderr. */
  onLog?: (line: string) => void;
  /** A zygote that had started has ended; its instances live on. Start another. One that ends before is told by `startZygote` alone. */
  onZygoteExit?: (runtime: RuntimeName) => void;
  /** System calls that the operator refuses to instances beyond the policy. @throws PolicyError on what is none. */
  seccompDenials?: readonly string[];
  /** Another build of the native programs than `native/build`, for tests. */
  nativeDir?: string;
  /** Without one, sandboxes have loopback alone. It must outlive them. */
  network?: NetworkHost;
  /** Where launchers of this machine lock their slices of the host's uids; default `/run/zygo-ids`. Another one for tests. */
  idsDir?: string;
  /** Failure injection: the name of a step of the launcher's plan that fails. */
  failAt?: string;
}

/** Starts a launcher. A leftover of a crashed predecessor of the same name is reaped first. */
export type OpenSandboxHost = (options: SandboxHostOptions) => Promise<SandboxHost>;
