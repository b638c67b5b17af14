import type { Platform } from "@zygo/testkit";
import { addressOf } from "./connection.ts";
import type { Target } from "./load.ts";
import type { Peer } from "./peers/peer.ts";
import type { Contender } from "./series.ts";
import { plainName } from "./deployed.ts";
import { ServerProcess } from "./server-process.ts";
import { peerStart, platformStart } from "./start-up.ts";
import type { WarmTarget } from "./warm.ts";

/** Those that get a new instance for each request, and what their bundles are called. */
const NEW_EACH_TIME = [
  { name: "hello-new", bundle: "hello" },
  { name: "hono-zod", bundle: "hono + zod" },
  { name: "aws-sdk", bundle: "AWS SDK" },
];

export const newEachTime = (bundles: readonly string[]): typeof NEW_EACH_TIME =>
  NEW_EACH_TIME.filter(({ bundle }) => bundles.includes(bundle));

export const functionAt = (platform: Platform, name: string): Target => ({ address: addressOf(platform.url), path: `/fn/${name}/` });

/** Who starts against whom. `pooled`: a platform without spares; `poolless`: one with spares and without a pool. */
export function contenders(
  { pooled, poolless }: { pooled: Platform; poolless: Platform },
  { bundles, peers }: { bundles: readonly string[]; peers: readonly Peer[] },
): Contender[] {
  const started = newEachTime(bundles);
  return [
    platformStart(pooled, { kind: "hot", name: "hello", bundle: "hello" }),
    ...started.map((each) => platformStart(poolless, { kind: "spare", ...each })),
    ...started.map((each) => platformStart(pooled, { kind: "template", ...each })),
    ...started.map((each) => platformStart(pooled, { kind: "pool", ...each, name: plainName(each.name) })),
    ...started.map((each) => platformStart(poolless, { kind: "cold", ...each, name: plainName(each.name) })),
    ...peers.map(peerStart),
  ];
}

/** Who serves against whom, the peers' servers running. @throws Error when one of them does not start; none runs then */
export async function openWarmTargets(
  platform: Platform,
  peers: readonly Peer[],
): Promise<{ targets: WarmTarget[]; stop(): Promise<void> }> {
  const servers: ServerProcess[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.stop())));
  const ours = (id: string, label: string): WarmTarget => ({
    id,
    label,
    group: "zygo",
    ...functionAt(platform, id),
    url: platform.at(`${id}/`),
  });
  const targets = [ours("hello", "Zygo, one request an instance"), ours("hello-shared", "Zygo, one shared instance")];
  try {
    for (const { id, label, command } of peers) {
      const server = await ServerProcess.start(command);
      servers.push(server);
      targets.push({ id, label, group: "peer", address: server.address, path: "/", url: server.url });
    }
    return { targets, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
