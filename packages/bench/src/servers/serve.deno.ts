/** A function on Deno's own server, on a free port of loopback, which it says on stdout. */
import { writeSync } from "node:fs";
import app from "./function.ts";

interface DenoHost {
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void },
    answer: (request: Request) => Response | Promise<Response>,
  ): unknown;
}

const { Deno } = globalThis as unknown as { Deno: DenoHost };
const onListen = ({ port }: { port: number }): unknown => writeSync(1, `${port}\n`);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, (request) => app.fetch(request));
