import { release } from "node:os";
import { describe, expect, it } from "vitest";
import { hostAddon } from "../src/addon.ts";

const [major = 0, minor = 0] = release().split(".").map(Number);
const kernelHasOption = major > 6 || (major === 6 && minor >= 16);

/** Who closes a descriptor that was sent along may block in it, for as long as its sender chose (SO_LINGER). */
describe("the worker's end of a channel", () => {
  it.skipIf(!kernelHasOption)("takes no descriptors (Linux 6.16); the other end does", () => {
    const { socketPair, sendWithFds, closeFd } = hostAddon();
    const [ours, theirs] = socketPair();
    try {
      expect(() => sendWithFds(theirs, "x", [2])).toThrow(/not permitted/);
      expect(() => sendWithFds(ours, "x", [2])).not.toThrow();
      expect(() => sendWithFds(theirs, "x", [])).not.toThrow();
    } finally {
      closeFd(ours);
      closeFd(theirs);
    }
  });
});
