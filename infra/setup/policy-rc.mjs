import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const POLICY = "/usr/sbin/policy-rc.d";
const SAVED = `${POLICY}.zygo-saved`;
const MARK = "# zygo: no service is started while packages are installed";

/**
 * Runs `work`, an installation of Debian packages, so that none of them starts its service: Zygo runs a Redis of its own.
 * What was there is put back, also by the next call if this one is killed half way.
 *
 * @param {() => Promise<void>} work
 * @source policy-rc.d(8), invoke-rc.d(8): exit code 101 means "not allowed"
 */
export async function withoutStartingServices(work) {
  restore();
  if (existsSync(POLICY)) renameSync(POLICY, SAVED);
  writeFileSync(POLICY, `#!/bin/sh\n${MARK}\nexit 101\n`, { mode: 0o755 });
  try {
    await work();
  } finally {
    restore();
  }
}

function restore() {
  if (existsSync(POLICY) && readFileSync(POLICY, "utf8").includes(MARK)) rmSync(POLICY);
  if (existsSync(SAVED)) renameSync(SAVED, POLICY);
}
