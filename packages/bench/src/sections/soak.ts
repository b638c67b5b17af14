import { functionAt } from "../contenders.ts";
import { load } from "../load.ts";
import { PLAIN } from "../platforms.ts";
import { deployOnce } from "../deployed.ts";
import { onlyPlatform, type Found, type Section, type Stage } from "./section.ts";

export const soak: Section = {
  name: "soak",
  about: "thousands of invocations, none of which may fail",
  on: [PLAIN],
  measure,
  targets: [],
};

async function measure(stage: Stage): Promise<Found> {
  const { plan, signal, onStep } = stage;
  const platform = onlyPlatform(stage);
  await deployOnce(platform, ["hello-shared"]);
  onStep(0, 0);
  const amount = { connections: plan.connections, requests: plan.soakRequests };
  const { errors, elapsedMs } = await load(functionAt(platform, "hello-shared"), amount, signal);
  return { soak: { ...amount, errors, elapsedMs } };
}
