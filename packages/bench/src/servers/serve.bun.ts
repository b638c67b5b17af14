/** A function on Bun's own server, on a free port of loopback, which it says on stdout. */
import { writeSync } from "node:fs";
import app from "./function.ts";

interface BunHost {
  serve(options: { hostname: string; port: number; fetch(request: Request): Response | Promise<Response> }): { port: number };
}

const { Bun } = globalThis as unknown as { Bun: BunHost };
const { port } = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => app.fetch(request) });
writeSync(1, `${port}\n`);
