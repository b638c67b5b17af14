import { contenders, newEachTime } from "../contenders.ts";
import { PLAIN, SPARES } from "../platforms.ts";
import { measureStartUp, spawnFloor } from "../start-up.ts";
import { summarise } from "../statistics.ts";
import { over, startUpOf, type Target } from "../target.ts";
import { deployOnce } from "../deployed.ts";
import type { Found, Section, Stage } from "./section.ts";

export const start: Section = {
  name: "start",
  about: "each kind of start, three bundles, against others' runtimes",
  on: [PLAIN, SPARES],
  measure,
  targets: targets(),
};

async function measure(stage: Stage): Promise<Found> {
  const { plan, signal, startPeers, onStep } = stage;
  const [pooled, poolless] = stage.platforms as [Stage["platforms"][0], Stage["platforms"][0]];
  onStep(0, 0);
  const names = newEachTime(plan.bundles).map(({ name }) => name);
  const [deployed] = await Promise.all([deployOnce(pooled, ["hello", ...names]), deployOnce(poolless, names)]);
  await Promise.all([pooled, poolless].map((platform) => deployOnce(platform, names, { plain: true })));
  signal.throwIfAborted();
  const startUp = await measureStartUp(contenders({ pooled, poolless }, { bundles: plan.bundles, peers: startPeers }), {
    ...plan,
    signal,
    onRound: onStep,
  });
  return { startUp, spawnFloor: summarise(await spawnFloor(plan.samples)), deployed };
}

function targets(): Target[] {
  return [
    ...["template", "pool"].flatMap((kind) => [
      bound(`${kind}/hello`, "p50", 3),
      bound(`${kind}/hello`, "p99", 10),
      against(kind, "bun", 0.4),
      against(kind, "bwrap-node", 0.1),
      against(kind, "runc-node", 0.06),
    ]),
    ...["hello", "AWS SDK"].flatMap((bundle) => [bound(`spare/${bundle}`, "p50", 1.5), bound(`spare/${bundle}`, "p99", 5)]),
    {
      what: "template: AWS SDK ÷ hello, p50",
      limit: { atMost: 1.5 },
      unit: "x",
      found: (result) => over(startUpOf(result, "template/AWS SDK", "p50"), startUpOf(result, "template/hello", "p50")),
    },
    bound("cold/hello", "p50", 6),
  ];
}

function bound(id: string, name: "p50" | "p99", atMost: number): Target {
  return { what: `${id.replace("/", ", ")}: ${name}`, limit: { atMost }, unit: " ms", found: (result) => startUpOf(result, id, name) };
}

function against(kind: string, peer: string, atMost: number): Target {
  return {
    what: `${kind}, hello ÷ ${peer}, p50`,
    limit: { atMost },
    unit: "x",
    found: (result) => over(startUpOf(result, `${kind}/hello`, "p50"), startUpOf(result, peer, "p50")),
  };
}
