import type { HostileCase } from "./case.ts";
import { INSIDE_CASES } from "./inside-cases.ts";
import { KERNEL_CASES } from "./kernel-cases.ts";
import { PLATFORM_CASES } from "./platform-cases.ts";

export const HOSTILE_CASES: readonly HostileCase[] = [...KERNEL_CASES, ...INSIDE_CASES, ...PLATFORM_CASES];

/** The functions of functions/hostile that hold the cases: `attack-kernel`, … */
export const HOSTILE_FUNCTIONS: readonly string[] = [...new Set(HOSTILE_CASES.map(({ id }) => functionOf(id)))];

export function functionOf(id: string): string {
  return `attack-${id.split("/")[0]}`;
}

/** As `/fn/` takes it. */
export function targetOf(id: string): string {
  return `${functionOf(id)}?case=${id.split("/")[1]}`;
}
