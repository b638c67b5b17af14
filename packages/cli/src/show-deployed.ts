import type { Deployed } from "./deploy-file.ts";
import { showBytes, showMs } from "./units.ts";

/** What a person wants to know after a deploy. */
export function showDeployed(deployed: Deployed): string {
  const { function: name, url, version, changed, bundleBytes, format, startup, bundleMs, totalMs, warnings } = deployed;
  return [
    `${name} is live at ${url}`,
    `  version   ${version.slice(7, 19)}${changed ? "" : "  (was live already)"}`,
    `  bundle    ${showBytes(bundleBytes)}, ${format === "cjs" ? "CommonJS" : "ES module"}, made in ${showMs(bundleMs)}`,
    `  start-up  ${showMs(startup.totalMs)} in a new sandbox, ${showMs(startup.loadMs)} of it loading the bundle`,
    `  total     ${showMs(totalMs)}`,
    ...warnings.map((warning) => `  warning   ${warning}`),
  ].join("\n");
}

/** The same in a line, for one of several. */
export function showDeployedLine({ function: name, url, version, bundleBytes, startup, totalMs }: Deployed): string {
  return `${name}  ${url}  ${version.slice(7, 19)}  ${showBytes(bundleBytes)}  start-up ${showMs(startup.totalMs)}  total ${showMs(totalMs)}`;
}
