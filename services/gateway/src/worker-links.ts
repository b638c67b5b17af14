import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Invocation } from "./invocation.ts";
import { listenPrivately, type Log } from "@zygo/service";
import type { AwaitedReceipts } from "./jobs/awaited-receipts.ts";
import type { Streams } from "./streams.ts";
import { WorkerLink } from "./worker-link.ts";

/** A worker's connections to Redis and to here do not end at the same moment, milliseconds. */
const SETTLE_MS = 250;

/** The listener that workers connect to. */
export class WorkerLinks {
  /** Goes into each envelope: the socket's path, and a nonce that tells this process from an earlier one with the same path. */
  readonly address: string;
  readonly #path: string;
  readonly #server: Server;
  /** All connections, those without a hello yet included. */
  readonly #all = new Set<WorkerLink>();
  readonly #ready = new Set<WorkerLink>();

  constructor(given: { path: string; linkSecret: string; streams: Streams<Invocation>; receipts: AwaitedReceipts; log: Log }) {
    this.#path = given.path;
    this.address = `unix:${given.path}#${randomBytes(8).toString("hex")}`;
    this.#server = createServer((socket) => {
      const link = new WorkerLink(socket, {
        ...given,
        address: this.address,
        onReady: (ready) => {
          this.#ready.add(ready);
          given.log.info("worker link up", { worker: ready.worker });
        },
        onEnd: (ended) => {
          this.#all.delete(ended);
          if (!this.#ready.delete(ended)) return;
          given.log.info("worker link down", { worker: ended.worker, lost: ended.claimed.size });
          setTimeout(() => void seekWorkers(given.streams), SETTLE_MS).unref();
        },
      });
      this.#all.add(link);
    });
  }

  /** Workers that have said hello and are connected. */
  get count(): number {
    return this.#ready.size;
  }

  /** Replaces the socket that an earlier process may have left. */
  async listen(): Promise<void> {
    await listenPrivately(this.#server, this.#path);
  }

  /** Ends all links and takes the socket away. */
  async close(): Promise<void> {
    for (const link of [...this.#all]) link.end();
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

/** What the lost worker took and did not claim is the oldest: behind the first that still waits in the queue there is no more of it. */
async function seekWorkers(streams: Streams<Invocation>): Promise<void> {
  for (const invocation of streams.all()) if (await invocation.seekWorker()) return;
}
