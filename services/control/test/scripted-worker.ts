import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { ProbeRequest, type ProbeResult } from "@zygo/contracts";

/** What the worker does with a probe: a result, a whole answer, or nothing at all. */
export type Script = (request: ProbeRequest) => ProbeResult | { status: number; body: string } | "hang up" | "hang" | Promise<ProbeResult>;

export const loads = (config: unknown = undefined, handlers = ["fetch"]): ProbeResult => ({
  ok: true,
  config,
  handlers,
  startup: { totalMs: 5.5, loadMs: 1.25 },
});

/** A peer that speaks the worker's side of `POST /probe` over a real Unix socket. What it answers is the test's to say. */
export class ScriptedWorker {
  readonly address: string;
  /** Every probe that it was asked, oldest first. */
  readonly probes: ProbeRequest[] = [];
  script: Script = () => loads();
  /** Body of its answer to `GET /doctor`. */
  doctor = '{"checks":[]}';
  /** Resolves when a caller goes without its answer. */
  readonly hungUp: Promise<void>;
  readonly #server: Server;

  private constructor(socket: string) {
    this.address = `unix:${socket}`;
    const hungUp = Promise.withResolvers<void>();
    this.hungUp = hungUp.promise;
    this.#server = createServer((request, response) => {
      response.on("close", () => {
        if (!response.writableEnded) hungUp.resolve();
      });
      // A call without a body, which is no probe.
      if (request.url === "/doctor") return void response.end(this.doctor);
      // It has no instances to tell of.
      if (request.method === "GET") return void response.writeHead(404).end();
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const probe = ProbeRequest.parse(JSON.parse(Buffer.concat(chunks).toString()));
        this.probes.push(probe);
        void Promise.resolve(this.script(probe)).then((said) => {
          if (said === "hang up") response.destroy();
          else if (said !== "hang")
            response.writeHead("status" in said ? said.status : 200).end("status" in said ? said.body : JSON.stringify(said));
        });
      });
    });
  }

  static async listen(directory: string, name = "worker"): Promise<ScriptedWorker> {
    const socket = join(directory, `${name}.sock`);
    const worker = new ScriptedWorker(socket);
    await new Promise<void>((resolve) => worker.#server.listen(socket, resolve));
    return worker;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
