import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { CHECKOUT, PINNED_NODE } from "./checkout.ts";

/** Of the throw-away host, on its link to the world: as public as they come. */
const HOST = "45.33.0.2";
const WORLD = "45.33.0.1";
/** Who is there in the world: a public server, a name server, and what no function may reach. */
export const PLACES = {
  public: "93.184.216.34",
  other: "93.184.216.35",
  nameServer: "9.9.9.53",
  metadata: "169.254.169.254",
  azure: "168.63.129.16",
  private: "10.0.0.5",
  home: "192.168.1.1",
} as const;

/**
 * A host and an internet of its own for a platform, in two network namespaces: real packets and the real rules, and none leaves this
 * machine. In the world a server answers on every address and port of `PLACES`, and names below `.example` resolve (see `world.mjs`).
 */
export class TestInternet {
  /** Path of the host's namespace. */
  readonly host: string;
  /** The host's own public address. */
  readonly hostAddress = HOST;
  /** The host's address for this process alone: no way leads from it to the world. */
  readonly reachableAddress: string;
  readonly #names: { host: string; world: string; link: string };
  readonly #here: string;
  readonly #servers: ChildProcess[] = [];

  private constructor(name: string) {
    this.#names = { host: `${name}h`, world: `${name}w`, link: name };
    this.host = `/run/netns/${this.#names.host}`;
    // Of 198.18.0.0/15, which is for tests, four addresses a process.
    const slice = process.pid % 32_768;
    const at = (last: number): string => `198.${18 + (slice >> 14)}.${(slice >> 6) & 255}.${((slice & 63) << 2) + last}`;
    [this.#here, this.reachableAddress] = [at(1), at(2)];
  }

  static async start(): Promise<TestInternet> {
    const internet = new TestInternet(`zt${process.pid}`);
    try {
      internet.#build();
      await internet.#serve("world.mjs");
      return internet;
    } catch (error) {
      await internet.stop();
      throw error;
    }
  }

  /** Runs a program in the world, to its end. @returns its output @throws when it fails */
  inWorld(program: string, ...args: string[]): string {
    return ip("netns", "exec", this.#names.world, program, ...args);
  }

  inHost(program: string, ...args: string[]): string {
    return ip("netns", "exec", this.#names.host, program, ...args);
  }

  /** Whoever connects to a port of the world talks to what listens at a Unix socket on this machine. */
  async relay(port: number, socket: string): Promise<void> {
    await this.#serve("relay.mjs", String(port), socket);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      const ended = once(server, "close");
      server.kill("SIGKILL");
      await ended;
    }
    try {
      ip("link", "delete", this.#names.link);
    } catch {
      // It was not made.
    }
    for (const name of [this.#names.host, this.#names.world]) {
      try {
        ip("netns", "delete", name);
      } catch {
        // It was not made.
      }
    }
  }

  #build(): void {
    const { host, world, link } = this.#names;
    for (const name of [host, world]) {
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("-n", host, "link", "add", "name", "eth0", "type", "veth", "peer", "name", "eth0", "netns", world);
    for (const [name, address] of [
      [host, HOST],
      [world, WORLD],
    ] as const) {
      ip("-n", name, "address", "add", `${address}/24`, "dev", "eth0");
      ip("-n", name, "link", "set", "eth0", "up");
    }
    ip("-n", host, "route", "add", "default", "via", WORLD);
    ip("link", "add", "name", link, "type", "veth", "peer", "name", "home0", "netns", host);
    ip("address", "add", `${this.#here}/30`, "dev", link);
    ip("link", "set", link, "up");
    ip("-n", host, "address", "add", `${this.reachableAddress}/30`, "dev", "home0");
    ip("-n", host, "link", "set", "home0", "up");
    // An attacker next to the host tries its luck with its sandboxes' addresses.
    ip("-n", world, "route", "add", "100.64.0.0/10", "via", HOST);
    for (const address of Object.values(PLACES)) ip("-n", world, "address", "add", `${address}/32`, "dev", "lo");
  }

  /** A program in the world, which says something once it serves. */
  async #serve(program: string, ...args: string[]): Promise<void> {
    const file = join(CHECKOUT, "packages/testkit/src", program);
    const command = [`--net=/run/netns/${this.#names.world}`, PINNED_NODE, file, ...args];
    const child = spawn("nsenter", command, { stdio: ["ignore", "pipe", "inherit"] });
    this.#servers.push(child);
    await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => Promise.reject(new Error(`${program} ended`)))]);
  }
}

const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8", stdio: "pipe" });
