import type { HostCheck } from "@zygo/contracts";
import { expect, test } from "vitest";
import { HostLacks, requireHost } from "./host-gate.ts";

const check = (name: string, more: Partial<HostCheck> = {}): HostCheck => ({
  name,
  ok: true,
  mandatory: true,
  found: "f",
  means: "m.",
  ...more,
});
const lacking = check("kernel", { ok: false, found: "Linux 4.19", mend: "Run a newer one." });

test("a host that lacks nothing mandatory passes", () => {
  const checks = [check("kernel"), check("swap", { ok: false, mandatory: false })];
  expect(requireHost([], checks)).toEqual(checks);
});

test("what is missing is told, what follows, how to mend it, and how to go without", () => {
  expect(() => requireHost([], [lacking])).toThrow(HostLacks);
  expect(() => requireHost([], [lacking])).toThrow(
    "kernel: Linux 4.19. m. Run a newer one. Or set FN_ALLOW_MISSING=kernel to go without it.",
  );
});

test("what the operator allows to be missing does not stop it, and is still told", () => {
  expect(requireHost(["kernel"], [lacking])).toEqual([lacking]);
});

test("what sandboxes cannot be built without is offered no way around", () => {
  const seccomp = check("seccomp", { ok: false, mend: "Mend it." });
  expect(() => requireHost([], [seccomp])).toThrow(/Mend it\.$/);
});
