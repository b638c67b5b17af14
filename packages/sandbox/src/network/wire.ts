import { DEFAULT_LIMITS } from "@zygo/contracts";
import type { NetworkHost, NetworkPort, Refusal, SandboxNetwork } from "../ports.ts";

/** The network of one sandbox, from its birth to its end, where the host has one at all. */
export class Wire {
  /** See `Sandbox.onRefused`. */
  onRefused: ((refusal: Refusal) => void) | undefined;
  readonly #host: NetworkHost | undefined;
  #port: Promise<NetworkPort | undefined> = Promise.resolve(undefined);

  constructor(host: NetworkHost | undefined) {
    this.#host = host;
  }

  get port(): Promise<NetworkPort | undefined> {
    return this.#port;
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
  async traffic(): Promise<{ netRxBytes: number; netTxBytes: number }> {
    const port = await this.#port.catch(() => undefined);
    const { rxBytes, txBytes } = (await port?.traffic()) ?? { rxBytes: 0, txBytes: 0 };
    return { netRxBytes: rxBytes, netTxBytes: txBytes };
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
