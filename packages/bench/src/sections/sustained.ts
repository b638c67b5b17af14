import type { Peer } from "../peers/peer.ts";
import { PLAIN } from "../platforms.ts";
import type { Looped } from "../result.ts";
import { peerStart } from "../start-up.ts";
import { measureSustained } from "../sustained.ts";
import { deployOnce } from "../deployed.ts";
import { onlyPlatform, type Found, type Section, type Stage } from "./section.ts";

export const sustained: Section = {
  name: "sustained",
  about: "a new sandbox for each request as fast as they come, and what is left behind",
  on: [PLAIN],
  measure,
  targets: [
    {
      what: "new sandboxes, sustained, teardown included",
      limit: { atLeast: 250 },
      unit: "/s",
      found: (result) => result.sustained?.perSecond,
    },
  ],
};

/** Those whose new process is isolated as well. */
const CONTAINERS = ["bwrap-node", "crun-node", "runc-node"];

async function measure(stage: Stage): Promise<Found> {
  const { plan, signal, startPeers, onStep } = stage;
  const platform = onlyPlatform(stage);
  await deployOnce(platform, ["hello-new"]);
  onStep(0, 0);
  const amount = { connections: plan.sustainConnections, durationMs: plan.sustainMs, signal };
  const ours = await measureSustained(platform, "/fn/hello-new/", amount);
  const peers: Looped[] = [];
  for (const peer of startPeers.filter(({ id }) => CONTAINERS.includes(id))) peers.push(await loop(peer, plan.loopMs, signal));
  return { sustained: { ...ours, peers } };
}

/** Started, asked once, ended and cleaned up after, again and again, one at a time. */
async function loop(peer: Peer, durationMs: number, signal: AbortSignal): Promise<Looped> {
  const contender = peerStart(peer);
  const startedAt = performance.now();
  let starts = 0;
  for (; performance.now() - startedAt < durationMs; starts++) {
    signal.throwIfAborted();
    await contender.measure();
  }
  return { label: peer.label, starts, perSecond: starts / ((performance.now() - startedAt) / 1000) };
}
