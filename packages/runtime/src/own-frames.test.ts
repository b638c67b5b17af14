import { expect, test } from "vitest";
import { withoutOwnFrames } from "./own-frames.ts";

/** The file that the module takes for its own. */
const OWN = new URL("./own-frames.ts", import.meta.url).pathname;

test("a stack ends where it enters the runtime; a cause starts anew", () => {
  const stack = `E: x\n    at user (/app/main.cjs:1:1)\n    at run (${OWN}:9:9)\n    at node:internal:1:1\n[cause]: E: y\n    at user (/app/main.cjs:2:2)`;
  expect(withoutOwnFrames(stack)).toBe("E: x\n    at user (/app/main.cjs:1:1)\n[cause]: E: y\n    at user (/app/main.cjs:2:2)");
});

test("text without the runtime in it stays", () => {
  expect(withoutOwnFrames("    at user (/app/main.cjs:1:1)")).toBe("    at user (/app/main.cjs:1:1)");
});
