import type { Prefix } from "@zygo/contracts";
import { join } from "node:path";
import { z } from "zod";
import type { LauncherEvent } from "../launcher-link.ts";
import type { NetworkHost, Refusal } from "../ports.ts";
import { bridgeName, logGroupOf, wireHost } from "./host-wiring.ts";
import { Port } from "./port.ts";
import { Router } from "./router.ts";
import { AddressBook, gatewayOf, MAX_BRIDGES, PORTS_PER_BRIDGE, type Slice } from "./slice.ts";

export interface NetworkOptions {
  /** Of the installation: hex. Names its links and tables. */
  name: string;
  /** Directory for its lock, 0700. */
  runDir: string;
  /** Most sandboxes at a time. */
  sandboxes: number;
  /** Ranges beside the public ones that rules may name. */
  permitted: readonly Prefix[];
  onLog: (line: string) => void;
}

const RefusedEvent = z.object({
  event: z.literal("refused"),
  source: z.string(),
  destination: z.string(),
  protocol: z.int(),
  port: z.int(),
});

/** The network of all sandboxes of one installation. Its end, by whatever cause, cuts all of them off. */
export class Network implements NetworkHost {
  readonly lost: Promise<string>;
  readonly uplinks: string[];
  readonly #router: Router;
  readonly #slice: Slice;
  readonly #book: AddressBook;
  readonly #permitted: readonly Prefix[];
  readonly #ports: Map<string, Port>;
  readonly #log: (line: string) => void;

  private constructor(
    given: { router: Router; slice: Slice; uplinks: string[]; ports: Map<string, Port>; bridges: number } & NetworkOptions,
  ) {
    this.#router = given.router;
    this.lost = given.router.lost;
    this.#slice = given.slice;
    this.uplinks = given.uplinks;
    this.#book = new AddressBook(given.slice, given.bridges);
    this.#permitted = given.permitted;
    this.#ports = given.ports;
    this.#log = given.onLog;
  }

  /** @throws LauncherError naming what this machine lacks; nothing is left then. */
  static async open(options: NetworkOptions): Promise<Network> {
    const { name, runDir, sandboxes, permitted, onLog } = options;
    const ports = new Map<string, Port>();
    const router = new Router({ lockFile: join(runDir, "router.lock"), onEvent: (event) => route(event, ports, onLog), onLog });
    const bridges = Math.min(MAX_BRIDGES, Math.ceil(sandboxes / PORTS_PER_BRIDGE));
    try {
      await router.listen(logGroupOf(name));
      const wired = await router.locked(() => wireHost(router, { name, permitted, bridges }));
      return new Network({ ...options, router, ports, bridges, ...wired });
    } catch (error) {
      await router.close();
      throw error;
    }
  }

  get routerPid(): number | undefined {
    return this.#router.pid;
  }

  /** Links a sandbox's network namespace, named by a process in it. It reaches nothing before it is admitted. @throws LauncherError */
  async attach(sandbox: { id: number; pid: number; mbps: number; onRefused: (refusal: Refusal) => void }): Promise<Port> {
    const { bridge, address, give } = this.#book.take();
    const port = new Port(this.#router, {
      id: sandbox.id,
      pid: sandbox.pid,
      address,
      permitted: this.#permitted,
      mbps: sandbox.mbps,
      onRefused: sandbox.onRefused,
      onGone: () => {
        give();
        this.#ports.delete(address);
      },
      onLog: this.#log,
    });
    this.#ports.set(address, port);
    await port.connect({ bridge: bridgeName(bridge), gateway: gatewayOf(this.#slice, bridge) });
    return port;
  }

  /** Ends the router, which gives back what it changed on the host. */
  async close(): Promise<void> {
    await this.#router.close();
  }
}

function route(event: LauncherEvent, ports: ReadonlyMap<string, Port>, log: (line: string) => void): void {
  const refused = RefusedEvent.safeParse(event);
  if (!refused.success) return log(`unknown event: ${JSON.stringify(event)}`);
  const { source, destination, port, protocol } = refused.data;
  ports.get(source)?.refused({ address: destination, port, protocol: protocol === 6 ? "tcp" : protocol === 17 ? "udp" : String(protocol) });
}
