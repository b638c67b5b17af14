import { Network, probeNetwork, type NetworkOptions } from "@zygo/sandbox";
import type { Log } from "@zygo/service";

/**
 * The network of this worker's sandboxes; undefined where this machine can have none and the operator said that it need not.
 * @throws Error that says what is missing and what to do
 */
export async function openNetwork(
  given: Omit<NetworkOptions, "onLog"> & { allowMissing: readonly string[]; log: Log },
): Promise<Network | undefined> {
  const { allowMissing, log, ...options } = given;
  try {
    const network = await Network.open({ ...options, onLog: (line) => log.warn("router", { line }) });
    if (network.uplinks.length === 0) log.warn("this machine has no default route: functions reach no internet");
    return network;
  } catch (cause) {
    const probed = await probeNetwork();
    const reason = probed.ok ? String(cause) : probed.reason;
    if (!allowMissing.includes("network")) {
      const choice = "Mend it, or set FN_ALLOW_MISSING=network: functions then reach each other and nothing else.";
      throw new Error(`Sandboxes cannot have a network here. ${reason}. ${choice}`, { cause });
    }
    log.warn("no network: functions reach each other and nothing else, whatever their policy says", { reason });
    return undefined;
  }
}
