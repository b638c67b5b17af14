/** `npm run doctor`: what this machine offers and lacks, asked without a platform. Ends with 1 when something mandatory is missing. */
import { lookAtHost } from "@zygo/sandbox";

const checks = await lookAtHost();
for (const { name, ok, mandatory, found, means, mend } of checks) {
  console.log(`${ok ? "✓" : mandatory ? "✗" : "!"} ${name.padEnd(16)} ${found}`);
  if (!ok) console.log(`    ${means}\n    → ${mend ?? "nothing to be done"}`);
}
process.exitCode = checks.some(({ ok, mandatory }) => mandatory && !ok) ? 1 : 0;
