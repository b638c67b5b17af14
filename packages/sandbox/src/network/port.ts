import type { NetworkPolicy, Prefix } from "@zygo/contracts";
import type { NetworkPort, Pin, Refusal, SandboxNetwork, Traffic } from "../ports.ts";
import { inListed, inOnline, ofPort, pinned, ranged, removed, type Element } from "./elements.ts";
import { rangesOf } from "./policy.ts";
import type { Router } from "./router.ts";

interface PortOptions {
  /** Of the sandbox: names the link's end on the bridge, and numbers it. */
  id: number;
  pid: number;
  address: string;
  permitted: readonly Prefix[];
  mbps: number;
  onRefused: (refusal: Refusal) => void;
  onGone: () => void;
  onLog: (line: string) => void;
}

/** Names that a sandbox may have resolved to different addresses at a time. */
const MAX_PINS = 512;
/** A last look at what went through is not worth more of a sandbox's end than this, milliseconds. */
const TRAFFIC_MS = 100;

/** The bridges and the uplink have the numbers below. */
const FIRST_INDEX = 10_000;

const bytesPerSecond = (mbps: number): number => Math.max(1, Math.round((mbps * 1_000_000) / 8));

/** One sandbox's link to the router. */
export class Port implements NetworkPort {
  readonly address: string;
  readonly #router: Router;
  readonly #options: PortOptions;
  readonly #name: string;
  /** What the router's sets hold of it, pins apart. */
  #elements: Element[] = [];
  readonly #pins = new Map<string, { untilMs: number; elements: Element[] }>();
  #mbps: number;
  #gone: Promise<void> | undefined;

  constructor(router: Router, options: PortOptions) {
    this.#router = router;
    this.#options = options;
    this.address = options.address;
    this.#name = `s${options.id}`;
    this.#mbps = options.mbps;
  }

  /** Makes the link. @throws LauncherError; nothing is left then. */
  async connect({ bridge, gateway }: { bridge: string; gateway: string }): Promise<void> {
    const { id, pid, address } = this.#options;
    try {
      await Promise.all([
        this.#router.attach({
          port: this.#name,
          index: FIRST_INDEX + id,
          pid,
          bridge,
          address,
          gateway,
          bytesPerSecond: bytesPerSecond(this.#mbps),
        }),
        this.#add([ofPort(this.#name, address)]),
      ]);
    } catch (error) {
      await this.detach();
      throw error;
    }
  }

  async admit({ policy, mbps }: SandboxNetwork): Promise<void> {
    const work: Promise<unknown>[] = [];
    const elements = admission(this.address, policy, this.#options.permitted);
    if (elements.length > 0) work.push(this.#add(elements));
    if (mbps !== this.#mbps)
      work.push(this.#router.limit({ port: this.#name, pid: this.#options.pid, bytesPerSecond: bytesPerSecond(mbps) }));
    this.#mbps = mbps;
    await Promise.all(work);
  }

  async pin(pins: readonly Pin[], forMs: number): Promise<void> {
    const untilMs = performance.now() + forMs;
    this.#forgetOld();
    for (const pin of pins) {
      const key = `${pin.address}:${pin.port}`;
      const held = this.#pins.get(key);
      if (held !== undefined && held.untilMs >= untilMs) continue;
      if (held === undefined && this.#pins.size >= MAX_PINS) throw new Error("too many names at a time");
      const elements = pinned(this.address, pin, forMs);
      this.#pins.set(key, { untilMs, elements });
      // An element keeps the end that it was made with, so it is made anew; one that has just ended cannot be removed.
      if (held !== undefined) await this.#router.change(removed(elements)).catch(() => undefined);
      await this.#router.change(elements);
    }
  }

  async traffic(): Promise<Traffic> {
    const nothing = { rxBytes: 0, txBytes: 0 };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<typeof nothing>((resolve) => (timer = setTimeout(resolve, TRAFFIC_MS, nothing)));
    return Promise.race([this.#router.traffic(this.#name).catch(() => nothing), late]).finally(() => clearTimeout(timer));
  }

  async rest(before: Traffic): Promise<Traffic> {
    const now = await this.#router.traffic(this.#name);
    await this.#unpin();
    // To look through the kernel's connections takes as long as all the rest; without a packet there is none.
    if (now.rxBytes !== before.rxBytes || now.txBytes !== before.txBytes) await this.#router.forget(this.address);
    return now;
  }

  refused(refusal: Refusal): void {
    this.#options.onRefused(refusal);
  }

  detach(): Promise<void> {
    this.#gone ??= this.#detach();
    return this.#gone;
  }

  /** The link itself goes with the sandbox. Once the address is somebody else's, nothing of this one's may be left. */
  async #detach(): Promise<void> {
    try {
      if (this.#elements.length > 0) await this.#router.change(removed(this.#elements));
      await this.#unpin();
      await this.#router.forget(this.address);
      this.#options.onGone();
    } catch (error) {
      // Its address is used no more, which is safe.
      this.#options.onLog(`network of ${this.#name} not cleared: ${String(error)}`);
    }
  }

  /** One by one: those that have ended cannot be removed. */
  async #unpin(): Promise<void> {
    const pins = [...this.#pins.values()].flatMap(({ elements }) => elements);
    this.#pins.clear();
    await Promise.allSettled(pins.map((element) => this.#router.change(removed([element]))));
  }

  async #add(elements: Element[]): Promise<void> {
    await this.#router.change(elements);
    this.#elements.push(...elements);
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [key, { untilMs }] of this.#pins) if (untilMs < now) this.#pins.delete(key);
  }
}

function admission(address: string, policy: NetworkPolicy, permitted: readonly Prefix[]): Element[] {
  if (policy === "none") return [];
  if (policy === "internet") return [inOnline(address)];
  return [inListed(address), ...rangesOf(policy, permitted).flatMap((rule) => ranged(address, rule))];
}
