import { once } from "node:events";
import { createServer } from "node:net";
import { StartupError } from "./startup-error.ts";

/**
 * Sees that the gateway can listen where it should, before anything is started.
 *
 * @throws StartupError saying what is wrong with host and port
 */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw new StartupError(reason(cause, host, port), { cause });
  }
  server.close();
  await once(server, "close");
}

function reason(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "EADDRINUSE") return `Port ${port} of ${host} is taken by another program. Stop it, or set another FN_PORT.`;
  return `The gateway cannot listen on ${host}, port ${port} (${code}). Set another FN_HOST or FN_PORT.`;
}
