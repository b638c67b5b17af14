import type { ForkAddon } from "./addon.ts";
import { renewIdentity } from "./identity.ts";
import { renewRandomness } from "./randomness.ts";

/** In a child, first thing: what it has from the process that it was forked from and must not share with that one's other children. */
export function renewProcess(addon: ForkAddon): void {
  renewIdentity(addon.pid());
  renewRandomness();
}
