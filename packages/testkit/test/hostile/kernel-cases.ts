import { KERNEL_CALLS, type KernelCall } from "../../../../functions/hostile/kernel-calls.ts";
import { PRIVILEGES, type Control, type HostileCase } from "./case.ts";

/** Without the filter and with all privileges left: what one of the two held alone would be held by the other. */
function controlOf({ succeeds, untried, without }: KernelCall): Control {
  if (untried !== undefined) return { none: untried };
  return { without: without ?? ["seccomp", ...PRIVILEGES], ...(succeeds && { gives: "returned" }) };
}

export const KERNEL_CASES: HostileCase[] = KERNEL_CALLS.map((call) => ({
  id: `kernel/${call.id}`,
  title: call.title,
  ...(call.reference !== undefined && { reference: call.reference }),
  held: call.held === "SIGSYS" ? { code: "FUNCTION_CRASHED" } : { outcome: call.held },
  control: controlOf(call),
}));
