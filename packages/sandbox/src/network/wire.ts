import { DEFAULT_LIMITS } from "@zygo/contracts";
import type { NetworkHost, NetworkPort, Refusal, SandboxNetwork, SandboxUsage, Traffic } from "../ports.ts";

export type SandboxTraffic = Pick<SandboxUsage, "netRxBytes" | "netTxBytes">;
export const NO_TRAFFIC: SandboxTraffic = { netRxBytes: 0, netTxBytes: 0 };

/** The network of one sandbox, from its birth to its end, where the host has one at all. */
export class Wire {
  /** See `Sandbox.onRefused`. */
  onRefused: ((refusal: Refusal) => void) | undefined;
  readonly #host: NetworkHost | undefined;
  #port: Promise<NetworkPort | undefined> = Promise.resolve(undefined);
  /** What went through for sandboxes that had it before. */
  #before: Traffic = { rxBytes: 0, txBytes: 0 };

  constructor(host: NetworkHost | undefined) {
    this.#host = host;
  }

  get port(): Promise<NetworkPort | undefined> {
    return this.#port;
  }

  /** What went through for others before this sandbox had it. */
  get before(): Traffic {
    return this.#before;
  }

  /** Once the sandbox's pid 1 is there. Without a policy it is linked and reaches nothing; with `none` it is not even linked. */
  connect(sandbox: { id: number; pid: number }, network: SandboxNetwork | undefined): void {
    if (this.#host === undefined || network?.policy === "none") return;
    this.#port = attach(this.#host, { ...sandbox, onRefused: (refusal) => this.onRefused?.(refusal) }, network);
    // Whoever waits for the port is told.
    this.#port.catch(() => undefined);
  }

  /** Lets through what a version's policy allows. @throws LauncherError */
  async admit(network: SandboxNetwork | undefined): Promise<void> {
    const port = await this.#port;
    if (network !== undefined) await port?.admit(network);
  }

  /** Never rejects. */
  async traffic(): Promise<SandboxTraffic> {
    const port = await this.#port.catch(() => undefined);
    return this.#since(await port?.traffic());
  }

  /**
   * Its sandbox is gone, and another of the same version may have it: nothing of the first is left in it. @returns its traffic, the last it
   * has. @throws LauncherError when it cannot be had again
   */
  async rest(): Promise<SandboxTraffic> {
    this.onRefused = undefined;
    const port = await this.#port;
    const now = await port?.rest(this.#before);
    const traffic = this.#since(now);
    this.#before = now ?? this.#before;
    return traffic;
  }

  /** The count of a link that is gone is zero. */
  #since(now: Traffic = this.#before): SandboxTraffic {
    const { rxBytes, txBytes } = this.#before;
    return { netRxBytes: Math.max(0, now.rxBytes - rxBytes), netTxBytes: Math.max(0, now.txBytes - txBytes) };
  }

  /** When the sandbox is gone. Never rejects. */
  async detach(): Promise<void> {
    const port = await this.#port.catch(() => undefined);
    await port?.detach();
  }
}

type Attached = Omit<Parameters<NetworkHost["attach"]>[0], "mbps">;

async function attach(host: NetworkHost, sandbox: Attached, network: SandboxNetwork | undefined): Promise<NetworkPort> {
  const port = await host.attach({ ...sandbox, mbps: network?.mbps ?? DEFAULT_LIMITS.networkMbps });
  try {
    if (network !== undefined) await port.admit(network);
  } catch (error) {
    await port.detach();
    throw error;
  }
  return port;
}
