import type { StartUpSeries } from "./result.ts";
import type { Summary } from "./statistics.ts";

/** Whom each start-up is shown in relation to. */
export const AGAINST = ["bun", "node", "bwrap-node", "runc-node"] as const;

/** What this one took to start the same bundle in the same run; undefined when that was not measured. */
export function peerOf(all: readonly StartUpSeries[], { bundle }: StartUpSeries, id: (typeof AGAINST)[number]): Summary | undefined {
  const sought = bundle === "hello" ? id : `${id}/${bundle}`;
  return all.find((series) => series.id === sought)?.summary ?? undefined;
}
