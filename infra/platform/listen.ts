import { join } from "node:path";
import { makeHome } from "./home.ts";
import { lockHome } from "./home-lock.ts";
import { requireFreePort } from "./port.ts";
import type { Settings } from "./settings.ts";

const LISTEN = join(import.meta.dirname, "..", "..", "native", "build", "bin", "listen");

/**
 * Has this process begin anew with the gateways' listening socket open, as descriptor 3: Node cannot open one without accepting from
 * it. The lock on FN_HOME is let go meanwhile, and taken again.
 *
 * @throws StartupError when FN_HOME or the port is taken
 */
export async function openListener({ home, host, port }: Settings): Promise<void> {
  makeHome(home);
  lockHome(home);
  await requireFreePort(host, port);
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  if (process.execve === undefined) throw new Error("this Node cannot exec; the pinned one can");
  return process.execve(LISTEN, [LISTEN, host, String(port), ...command], process.env);
}
