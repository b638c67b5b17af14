import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Deed } from "./history.ts";

const Told = z.object({ id: z.string(), run: z.string(), phase: z.enum(["start", "end"]), edition: z.string() });

/** Hears what the functions do, over a Unix socket to which a port of the test's internet leads. A line is acknowledged once it is noted. */
export class Witness {
  readonly deeds: Deed[] = [];
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  /** @param path of the socket, in a directory that exists */
  async listen(path: string): Promise<void> {
    const server = createServer((socket) => this.#hear(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
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
