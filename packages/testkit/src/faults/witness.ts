import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Deed } from "./history.ts";

const Told = z.object({ id: z.string(), run: z.string(), phase: z.enum(["start", "end"]), edition: z.string() });

/**
 * Hears what the functions do, by a way that the platform has no part in: a Unix socket that lies in the function's own layer, which a
 * sandbox sees read-only. A line is acknowledged once it is noted.
 */
export class Witness {
  readonly deeds: Deed[] = [];
  readonly #servers = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();

  /** @param path of the socket, in a directory that exists. A path twice is a path once. */
  async listen(path: string): Promise<void> {
    if (this.#servers.has(path)) return;
    rmSync(path, { force: true });
    const server = createServer((socket) => this.#hear(socket));
    this.#servers.set(path, server);
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    chmodSync(path, 0o666);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const [path, server] of this.#servers) {
      server.close();
      rmSync(path, { force: true });
    }
  }

  #hear(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    createInterface({ input: socket })
      .on("error", () => undefined)
      .on("line", (line) => {
        this.deeds.push(Told.parse(JSON.parse(line)));
        socket.write("noted\n");
      });
  }
}
