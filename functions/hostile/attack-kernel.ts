/** System calls that a function may not make, tried in machine code: `?case=<id>` of kernel-calls.ts. */
import { serve } from "./attack.ts";
import { KERNEL_CALLS } from "./kernel-calls.ts";
import { systemCall } from "./native-calls.ts";

export const config = { timeoutMs: 10_000, reuse: "never" };

export default serve(
  Object.fromEntries(KERNEL_CALLS.map(({ id, number, args, entry }) => [id, (): string => systemCall(number, args ?? [], entry)])),
);
