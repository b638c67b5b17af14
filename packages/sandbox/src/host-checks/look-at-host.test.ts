import { expect, test } from "vitest";
import { LauncherError } from "../launcher-link.ts";
import { explain } from "../network/probe.ts";
import { lookAtHost } from "./look-at-host.ts";

const GOOD = () => Promise.resolve({ ok: true } as const);

test("the network is among what is mandatory, which comes first", async () => {
  const checks = await lookAtHost(GOOD);
  expect(checks.find(({ name }) => name === "network")).toMatchObject({ ok: true, mandatory: true });
  const mandatory = checks.map((check) => check.mandatory);
  expect(mandatory).toEqual(mandatory.toSorted((a, b) => Number(b) - Number(a)));
});

test("a machine that can give none is told what is in the way and how to mend it", async () => {
  const checks = await lookAtHost(() => Promise.resolve({ ok: false, found: "run: nft is not installed", mend: "Install it." }));
  expect(checks.find(({ name }) => name === "network")).toMatchObject({
    ok: false,
    found: "run: nft is not installed",
    mend: "Install it.",
  });
});

test.each([
  ["nft is not installed", "apt-get install nftables"],
  ["it ended (1): router: unshare network: Operation not permitted", "as root"],
  ["Error: Could not process rule: No such file or directory", "nf_tables"],
])("%s: the advice fits", (text, advice) => {
  const { found, mend } = explain(new LauncherError("run", text));
  expect(found).toContain(text);
  expect(mend).toContain(advice);
});
