import type { Socket as UdpSocket } from "node:dgram";
import type { Server } from "node:net";
import type { Sandbox } from "@zygo/sandbox";
import { serveDns } from "./dns-server.ts";
import { serveCalls, type CallSource, type InsideCaller, type InternalCalls } from "./internal-calls.ts";

/** What one sandbox reaches at loopback addresses of its own network namespace: the resolver of `*.fn.internal`, and what it names. */
export class Inside implements CallSource {
  /** Set once the sandbox has a tenant; before that, calls are refused. */
  caller: InsideCaller | undefined;
  readonly #parts: (Server | UdpSocket)[] = [];

  add(part: Server | UdpSocket): void {
    this.#parts.push(part);
  }

  /** Idempotent. Ends the listeners; connections end with the sandbox. */
  close(): void {
    for (const part of this.#parts.splice(0)) part.close();
  }
}

/** Opens them, for each sandbox. */
export class InsideServices {
  readonly #calls: InternalCalls;

  constructor(calls: InternalCalls) {
    this.#calls = calls;
  }

  /** @throws what the sandbox throws when it cannot listen. */
  async open(sandbox: Sandbox): Promise<Inside> {
    const inside = new Inside();
    try {
      const [tcp, udp] = await Promise.all([sandbox.listenInside("127.0.0.1", 80), sandbox.bindUdpInside("127.0.0.53", 53)]);
      inside.add(await serveCalls(this.#calls, tcp.fd, inside));
      inside.add(await serveDns(udp.fd));
      return inside;
    } catch (error) {
      inside.close();
      throw error;
    }
  }
}
