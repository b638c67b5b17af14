export { installPeers } from "./peers/installed.ts";
export { FULL, SHORT, type Plan } from "./plan.ts";
export { renderReport } from "./report/render.ts";
export type { BenchResult } from "./result.ts";
export { runBench } from "./run.ts";
export { SECTIONS, SECTION_NAMES } from "./sections/registry.ts";
export { showResult } from "./show-result.ts";
