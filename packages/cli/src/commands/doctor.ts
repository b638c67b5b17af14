import type { HostCheck } from "@zygo/contracts";
import { parseFlags, takePositionals, type Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { writeLine } from "../io.ts";

const help = `Usage: fn doctor [--json]

Says what the host of each worker offers and lacks: kernel, namespaces, control groups, overlay, seccomp, network, and settings that
weaken isolation; what follows from it, and how to mend it. Needs the operator's key.

Where a platform does not start, its worker's log has the same: npm run doctor, on that machine, asks the machine itself.

Options:
  --json   {"workers": [{"id", "checks": [{"name", "ok", "mandatory", "found", "means", "mend"}]}], "silent": [workers that did not answer]}

Ends with 1 when something mandatory is missing, or a worker did not answer.

Examples:
  fn doctor
  fn doctor --json | jq -r '.workers[].checks[] | select(.ok | not) | .mend'
`;

export const doctor: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { json: { type: "boolean" } } as const);
    takePositionals(positionals);
    const { client } = await connect(io.env);
    const { workers, silent } = await client.doctor({ signal: io.signal });
    const text = workers.map(({ id, checks }) => `${id}\n${checks.map(line).join("\n")}`).join("\n\n");
    await writeLine(io.stdout, values.json === true ? JSON.stringify({ workers, silent }) : text || "no worker runs");
    for (const worker of silent) await writeLine(io.stderr, `fn: the worker ${worker} did not answer: what its host offers is missing`);
    const lacks = workers.length === 0 || workers.some(({ checks }) => checks.some(({ ok, mandatory }) => mandatory && !ok));
    return lacks || silent.length > 0 ? EXIT.failed : EXIT.ok;
  },
};

/** What is well takes one line; what is not says why it matters and what to do. */
function line({ name, ok, mandatory, found, means, mend }: HostCheck): string {
  const mark = ok ? "✓" : mandatory ? "✗" : "!";
  const first = `  ${mark} ${name.padEnd(16)} ${found}`;
  return ok ? first : `${first}\n      ${means}${mend === undefined ? "" : `\n      → ${mend}`}`;
}
