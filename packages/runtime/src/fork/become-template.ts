import type { Instance } from "../serve.ts";
import type { ForkAddon } from "./addon.ts";
import { compactHeap } from "./compact-heap.ts";
import { ForkClean } from "./fork-clean.ts";
import { renewProcess } from "./renew-process.ts";

interface Cradle {
  addon: ForkAddon;
  /** Descriptor of the socket to the launcher. */
  control: number;
  instance: Instance;
  /** Seccomp program of the instances. */
  filter: Buffer;
}

/**
 * Makes a forked child, before it loads anything, one that turns into a template at the worker's `freeze`: it tells why it cannot, or gives up
 * its channel and blocks for the rest of its life, forking instances. Each of them goes on from here with a channel of its own.
 */
export function becomeTemplate(cradle: Cradle): void {
  const clean = new ForkClean(cradle.addon);
  cradle.instance.onFreeze(() => void freeze(cradle, clean));
}

async function freeze({ addon, control, instance, filter }: Cradle, clean: ForkClean): Promise<void> {
  const reasons = instance.busy ? ["a request is still running"] : await clean.reasons();
  if (reasons.length > 0) return addon.tellFrozen(control, reasons.join("\n"));
  await instance.detach();
  compactHeap();
  // As in the zygote: with the microtask queue empty, since each child comes back here.
  setImmediate(() => {
    addon.tellFrozen(control, "");
    const { channel } = addon.serveTemplate(control, filter);
    renewProcess(addon);
    void instance.resume(channel);
  });
}
