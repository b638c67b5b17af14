import { Socket } from "node:net";
import { z } from "zod";
import { hostAddon } from "./addon.ts";
import type { LauncherLink } from "./launcher-link.ts";
import { KernelMeter } from "./meter.ts";
import type { IdleWires } from "./network/idle-wires.ts";
import { NO_TRAFFIC, Wire } from "./network/wire.ts";
import type {
  Assignment,
  ExitStatus,
  InstanceProcess,
  Meter,
  NetworkHost,
  NestedSpec,
  NetworkPort,
  Refusal,
  Sandbox,
  SandboxLimits,
  SandboxNetwork,
  SandboxSpec,
  SandboxUsage,
} from "./ports.ts";

export const Usage = z.object({
  oomKilled: z.boolean(),
  memoryBytes: z.number(),
  memoryPeakBytes: z.number(),
  cpuMs: z.number(),
  throttledMs: z.number(),
  pids: z.number(),
  diskReadBytes: z.number(),
  diskWriteBytes: z.number(),
});
const Pid = z.object({ pid: z.int() });
const Destroyed = Usage.extend({ networkKept: z.boolean() });

interface Birth {
  id: number;
  /** What makes it: members of the launcher's `create` request. */
  request: Record<string, unknown>;
  /** What its network lets through; see `SandboxLimits`. */
  network: SandboxNetwork | undefined;
  networkHost: NetworkHost | undefined;
  /** Of the template that it is nested with. */
  idleWires?: IdleWires | undefined;
  onGone: () => void;
}

/** A sandbox of its own. */
export function requestOf({ runtime, hostname, limits, layer, dependencies, volumes = [] }: SandboxSpec): Record<string, unknown> {
  return { runtime, hostname, limits: wire(limits), ...layerNames({ layer, dependencies }), volumes };
}

/** One nested in a template's domain. */
export function nestedRequest(domain: number, { hostname, limits }: NestedSpec): Record<string, unknown> {
  return { domain, hostname, limits: wire(limits) };
}

/** A sandbox that the launcher holds. */
export class KernelSandbox implements Sandbox {
  readonly id: number;
  readonly #link: LauncherLink;
  readonly #exits = new Map<number, (status: ExitStatus) => void>();
  /** Exits that the launcher told before `fork` resolved. */
  readonly #early = new Map<number, ExitStatus>();
  readonly #request: Record<string, unknown>;
  readonly #onGone: () => void;
  readonly #wire: Wire;
  readonly #idleWires: IdleWires | undefined;
  /** Its wire was another's before, which the launcher knows by this id. */
  readonly #wireOf: number | undefined;
  readonly #network: SandboxNetwork | undefined;
  #initPid = 0;
  /** Of the process that was forked into it: pid 1 is outside of its control groups. 0 when it has ended, or was never there. */
  #pid = 0;
  #createMs = 0;
  #destroyed: Promise<SandboxUsage> | undefined;
  #last: SandboxUsage | undefined;
  #meter: KernelMeter | undefined;

  /** Not there before `create` has resolved. `onGone` is told once when it is no more, or never was. */
  constructor(link: LauncherLink, { id, request, network, networkHost, idleWires, onGone }: Birth) {
    const idle = idleWires?.take();
    this.#link = link;
    this.id = id;
    this.#request = request;
    this.#onGone = onGone;
    this.#wire = idle?.wire ?? new Wire(networkHost);
    this.#wireOf = idle?.of;
    this.#idleWires = idleWires;
    this.#network = network;
  }

  get initPid(): number {
    return this.#initPid;
  }

  get createMs(): number {
    return this.#createMs;
  }

  get wired(): Promise<NetworkPort | undefined> {
    return this.#wire.port;
  }

  get onRefused(): ((refusal: Refusal) => void) | undefined {
    return this.#wire.onRefused;
  }

  set onRefused(told: ((refusal: Refusal) => void) | undefined) {
    this.#wire.onRefused = told;
  }

  /** Once. @throws LauncherError naming the step that failed; nothing is left then. */
  create(): Promise<void> {
    return this.#create({}, []);
  }

  /** `create` and `fork` at once: the process is forked while the sandbox is being built. @throws as they do; nothing is left then. */
  async createForked(): Promise<InstanceProcess> {
    const [ours, theirs] = hostAddon().socketPair();
    const { id: forkId, answer } = this.#link.expect();
    const wanted = [this.#create({ forkId }, [theirs]), this.#forked(ours, answer)] as const;
    hostAddon().closeFd(theirs);
    const [created, forked] = await Promise.allSettled(wanted);
    if (created.status === "rejected") throw created.reason;
    if (forked.status === "fulfilled") return forked.value;
    await this.destroy();
    throw forked.reason;
  }

  fork(): Promise<InstanceProcess> {
    const [ours, theirs] = hostAddon().socketPair();
    const answer = this.#link.request("fork", { sandbox: this.id }, [theirs]);
    hostAddon().closeFd(theirs);
    return this.#forked(ours, answer);
  }

  async #create(extra: Record<string, unknown>, fds: number[]): Promise<void> {
    const started = performance.now();
    try {
      const network = this.#wireOf === undefined ? {} : { network: this.#wireOf };
      this.#initPid = Pid.parse(await this.#link.request("create", { sandbox: this.id, ...this.#request, ...network, ...extra }, fds)).pid;
    } catch (error) {
      this.#onGone();
      void this.#wire.detach();
      throw error;
    }
    this.#createMs = performance.now() - started;
    if (this.#wireOf === undefined) this.#wire.connect({ id: this.id, pid: this.#initPid }, this.#network);
  }

  async #forked(ours: number, answer: Promise<Record<string, unknown>>): Promise<InstanceProcess> {
    const channel = new Socket({ fd: ours, readable: true, writable: true });
    channel.on("error", () => {}); // a reset; `close` follows
    try {
      const { pid } = Pid.parse(await answer);
      this.#pid = pid;
      return { pid, channel, exited: this.#exitOf(pid) };
    } catch (error) {
      channel.destroy();
      throw error;
    }
  }

  async assign({ layer, dependencies, limits, volumes = [] }: Assignment): Promise<void> {
    const layers = layerNames({ layer, dependencies });
    await Promise.all([
      this.#link.request("assign", { sandbox: this.id, ...layers, limits: wire(limits), volumes }),
      this.#wire.admit(limits.network),
    ]);
  }

  async usage(): Promise<SandboxUsage> {
    const [used, traffic] = await Promise.all([this.#link.request("usage", { sandbox: this.id }), this.#wire.traffic()]);
    return { ...Usage.parse(used), ...traffic };
  }

  meter(): Meter | undefined {
    if (this.#destroyed !== undefined) return undefined;
    try {
      return (this.#meter ??= this.#pid === 0 ? undefined : new KernelMeter(this.#pid, this.#wire.before));
    } catch {
      return undefined; // it has ended, and the launcher is about to say so
    }
  }

  listenInside(address: string, port: number): Promise<{ fd: number }> {
    return Promise.resolve({ fd: hostAddon().listenInside(this.initPid, address, port) });
  }

  bindUdpInside(address: string, port: number): Promise<{ fd: number }> {
    return Promise.resolve({ fd: hostAddon().bindUdpInside(this.initPid, address, port) });
  }

  /** Of a domain: ends its template. Resolves when the last sandbox nested in it, and then it, is gone. */
  async retire(): Promise<void> {
    if (this.#destroyed !== undefined) return void (await this.#destroyed);
    try {
      await this.#link.request("retire", { sandbox: this.id });
    } catch (error) {
      if (this.#last === undefined) throw error; // else it had ended already
    }
  }

  destroy(): Promise<SandboxUsage> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  /** What went through its link is asked for first, unless the link is to stay: else it goes with the sandbox. */
  async #destroy(): Promise<SandboxUsage> {
    const keepNetwork = this.#idleWires?.wanted === true;
    const traffic = keepNetwork ? NO_TRAFFIC : this.#wire.traffic();
    let kept = false;
    this.#meter?.close();
    try {
      const { networkKept, ...used } = Destroyed.parse(await this.#link.request("destroy", { sandbox: this.id, keepNetwork }));
      kept = networkKept;
      const last = kept ? await this.#idleWires?.put({ wire: this.#wire, of: this.id }) : await traffic;
      return { ...NO_TRAFFIC, ...used, ...last };
    } catch (error) {
      // It had ended already, and the launcher said so before it read this.
      if (this.#last !== undefined) return this.#last;
      throw error;
    } finally {
      this.noteLost();
      this.#onGone();
      if (!kept) void this.#wire.detach();
    }
  }

  /** The host calls this when the launcher tells of an exit. */
  noteExit(pid: number, status: ExitStatus): void {
    if (pid === this.#pid) this.#pid = 0;
    const resolve = this.#exits.get(pid);
    this.#exits.delete(pid);
    if (resolve) resolve(status);
    else this.#early.set(pid, status);
  }

  /** The host calls this when the launcher tells that all of it ended, unasked. */
  noteGone(usage: z.infer<typeof Usage>): void {
    this.#last = { ...usage, ...NO_TRAFFIC };
    this.#destroyed ??= Promise.resolve(this.#last);
    this.#meter?.close();
    this.noteLost();
    this.#onGone();
    void this.#wire.detach();
  }

  /** The sandbox is gone: whatever still ran in it was killed. */
  noteLost(): void {
    for (const resolve of this.#exits.values()) resolve({ code: null, signal: "KILL" });
    this.#exits.clear();
  }

  #exitOf(pid: number): Promise<ExitStatus> {
    const early = this.#early.get(pid);
    if (early) {
      this.#early.delete(pid);
      return Promise.resolve(early);
    }
    return new Promise((resolve) => this.#exits.set(pid, resolve));
  }
}

/** The launcher sees the layers directory alone, so it gets the last path components. */
function layerNames(layers: { layer: string | undefined; dependencies: string | undefined }): Record<string, string> {
  const given = Object.entries(layers).filter((each): each is [string, string] => each[1] !== undefined);
  return Object.fromEntries(given.map(([name, layer]) => [name, layer.slice(layer.lastIndexOf("/") + 1)]));
}

function wire(limits: SandboxLimits): SandboxLimits {
  return {
    memoryBytes: Math.round(limits.memoryBytes),
    cpu: limits.cpu,
    pids: Math.round(limits.pids),
    tmpBytes: Math.round(limits.tmpBytes),
    tmpFiles: Math.round(limits.tmpFiles),
    openFiles: Math.round(limits.openFiles),
    diskBytesPerSecond: Math.round(limits.diskBytesPerSecond),
  };
}
