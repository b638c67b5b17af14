import type { InspectedInstance } from "@zygo/contracts";
import { parseFlags, takePositionals, type Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { checkName } from "../function-name.ts";
import { writeLine } from "../io.ts";
import { showInstance } from "../show-instance.ts";

const help = `Usage: fn inspect <name> [--json]

Shows each live instance of a function as the kernel sees it: namespaces beside the host's, ids, capabilities, seccomp, limits and what is
used of them, layers, network, start kind, age. Host pids, ids and control groups are told to the operator's key alone.

A function without invocations has no instance: call it first.

Options:
  --json   {"instances": [...], "silent": [workers that did not answer]}

Examples:
  fn inspect hello
  fn inspect hello --json | jq '.instances[].limits.memoryBytes'
`;

export const inspect: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { json: { type: "boolean" } } as const);
    const [name = ""] = takePositionals(positionals, "name");
    checkName(name);
    const { client } = await connect(io.env);
    const told = await client.inspect(name, { signal: io.signal });
    for (const worker of told.silent) await writeLine(io.stderr, `fn: the worker ${worker} did not answer: what it has is missing`);
    await writeLine(io.stdout, values.json === true ? JSON.stringify(told) : show(name, told.instances));
    return told.silent.length > 0 ? EXIT.failed : EXIT.ok;
  },
};

function show(name: string, instances: readonly InspectedInstance[]): string {
  if (instances.length === 0) return `${name} has no live instance: \`fn invoke ${name}\` starts one`;
  return instances.map(showInstance).join("\n\n");
}
