import { openWarmTargets } from "../contenders.ts";
import { PLAIN } from "../platforms.ts";
import type { WarmSeries } from "../result.ts";
import { over, type Target } from "../target.ts";
import { measureWarm } from "../warm.ts";
import { deployOnce } from "../deployed.ts";
import { onlyPlatform, type Found, type Section, type Stage } from "./section.ts";

export const warm: Section = {
  name: "warm",
  about: "warm calls on one connection and on many, against others' servers",
  on: [PLAIN],
  measure,
  targets: [
    {
      what: "one connection: p50 above node:http",
      limit: { atMost: 0.5 },
      unit: " ms",
      found: ({ warm: all }) => difference(one(all, "hello"), one(all, "node-http")),
    },
    rate("functions-framework", 1.3),
    rate("workerd", 1),
  ],
};

async function measure(stage: Stage): Promise<Found> {
  const { plan, signal, wrk, warmPeers, onStep } = stage;
  const platform = onlyPlatform(stage);
  await deployOnce(platform, ["hello", "hello-shared"]);
  const { targets, stop } = await openWarmTargets(platform, warmPeers);
  const amount = { rounds: plan.warmRounds, requests: plan.warmRequests, durationMs: plan.warmMs, connections: plan.connections };
  try {
    return { warm: await measureWarm(targets, { ...amount, wrk, signal, onRound: onStep }) };
  } finally {
    await stop();
  }
}

const one = (all: readonly WarmSeries[], id: string): number | undefined => all.find((series) => series.id === id)?.one?.p50;
const rps = (all: readonly WarmSeries[], id: string): number | undefined => all.find((series) => series.id === id)?.many.rps;
const difference = (more: number | undefined, less: number | undefined): number | undefined =>
  more === undefined || less === undefined ? undefined : more - less;

function rate(peer: string, atLeast: number): Target {
  return {
    what: `many connections, one shared instance: requests/s ÷ ${peer}`,
    limit: { atLeast },
    unit: "x",
    found: ({ warm: all }) => over(rps(all, "hello-shared"), rps(all, peer)),
  };
}
