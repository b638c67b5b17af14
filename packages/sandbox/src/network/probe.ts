import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePrefix } from "@zygo/contracts";
import { LauncherError } from "../launcher-link.ts";
import { wireInside } from "./host-wiring.ts";
import { Router } from "./router.ts";

/** Long enough for a machine under load, milliseconds. */
const PROBE_MS = 10_000;
const SLICE = "100.64.0.0/16";

/** What is wrong, as the kernel or a program said it, and what to do about it. */
export type Probed = { ok: true } | { ok: false; found: string; mend: string };

/** Whether this machine can give sandboxes a network: tries it, in a namespace that is gone afterwards. Touches nothing of the host. Never rejects. */
export async function probeNetwork(): Promise<Probed> {
  const directory = mkdtempSync(join(tmpdir(), "zygo-probe-"));
  const router = new Router({ lockFile: join(directory, "router.lock"), onEvent: () => undefined, onLog: () => undefined });
  const timer = setTimeout(() => void router.close(), PROBE_MS);
  try {
    const range = parsePrefix(SLICE);
    if (range !== undefined) await wireInside(router, { name: "0", permitted: [], bridges: 1 }, { range, text: SLICE });
    const links = ["link add name probe type veth peer name other", "link set probe master br0", ""];
    await router.run("inside", ["ip", "-batch", "-"], links.join("\n"));
    await router.run("inside", ["tc", "qdisc", "add", "dev", "probe", "root", "tbf", "rate", "1mbit", "burst", "64k", "latency", "50ms"]);
    return { ok: true };
  } catch (error) {
    return { ok: false, ...explain(error) };
  } finally {
    clearTimeout(timer);
    await router.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Exported for its test. */
export function explain(error: unknown): { found: string; mend: string } {
  const found = (error instanceof LauncherError ? error.message : String(error)).trim();
  if (found.includes("not installed")) return { found, mend: "Install nft, ip and tc: apt-get install nftables iproute2." };
  if (/not permitted|Permission denied/.test(found)) return { found, mend: "Start the worker as root, in a container with --privileged." };
  return { found, mend: "Run a kernel with bridge, veth, nf_tables and its bridge family, conntrack, NAT, nfnetlink_log and sch_tbf." };
}
