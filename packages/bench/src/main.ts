export { FULL, SHORT, type Plan } from "./plan.ts";
export { renderReport } from "./report/render.ts";
export type { BenchResult } from "./result.ts";
export { runBench, type Progress } from "./run.ts";
export { showResult } from "./show-result.ts";
