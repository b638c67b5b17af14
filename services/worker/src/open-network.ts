import type { HostCheck } from "@zygo/contracts";
import { Network, type NetworkOptions } from "@zygo/sandbox";
import type { Log } from "@zygo/service";

/**
 * The network of this worker's sandboxes; undefined where this machine can have none, which the operator allowed or `requireHost` would
 * not have let it come to this.
 * @throws Error that says what is in the way: ranges that are all routed elsewhere, for instance
 */
export async function openNetwork(
  given: Omit<NetworkOptions, "onLog"> & { hostChecks: readonly HostCheck[]; log: Log },
): Promise<Network | undefined> {
  const { hostChecks, log, ...options } = given;
  if (hostChecks.some(({ name, ok }) => name === "network" && !ok)) return undefined;
  try {
    const network = await Network.open({ ...options, onLog: (line) => log.warn("router", { line }) });
    if (network.uplinks.length === 0) log.warn("this machine has no default route: functions reach no internet");
    return network;
  } catch (cause) {
    throw new Error(`Sandboxes cannot have a network here. ${String(cause)}`, { cause });
  }
}
