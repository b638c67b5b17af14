import type { HostCheck } from "@zygo/contracts";
import { probeNetwork } from "../network/probe.ts";
import { checkHost } from "./check-host.ts";

/**
 * All that `checkHost` reads, and whether sandboxes can have a network, which is tried in a namespace of its own. The mandatory first.
 * Leaves nothing behind; never rejects.
 */
export async function lookAtHost(probe: typeof probeNetwork = probeNetwork): Promise<HostCheck[]> {
  const checks = [...checkHost(), networkCheck(await probe())];
  return [...checks.filter(({ mandatory }) => mandatory), ...checks.filter(({ mandatory }) => !mandatory)];
}

function networkCheck(probed: Awaited<ReturnType<typeof probeNetwork>>): HostCheck {
  return {
    name: "network",
    mandatory: true,
    ok: probed.ok,
    found: probed.ok ? "bridge, rules, address translation, bandwidth queues" : probed.found,
    means:
      "Functions reach the internet through a router of Zygo's that holds each to its policy; without it, each other and nothing else.",
    ...(!probed.ok && { mend: probed.mend }),
  };
}
