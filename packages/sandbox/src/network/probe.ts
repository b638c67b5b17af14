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

/**
 * Whether this machine can give sandboxes a network: tries it, in a namespace that is gone afterwards. Touches nothing of the host.
 * `reason` says what is missing and what to do. Never rejects.
 */
export async function probeNetwork(): Promise<{ ok: true } | { ok: false; reason: string }> {
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
    return { ok: false, reason: explain(error) };
  } finally {
    clearTimeout(timer);
    await router.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What to do about it, in front of what the kernel or the program said. */
export function explain(error: unknown): string {
  const said = error instanceof LauncherError ? error.message : String(error);
  if (said.includes("not installed")) return `A program is missing (apt-get install nftables iproute2): ${said}`;
  if (said.includes("not permitted")) return `Sandboxes' network needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN: ${said}`;
  return `The kernel lacks a part (bridge, veth, nf_tables with its bridge family, conntrack, NAT, log and sch_tbf): ${said}`;
}
