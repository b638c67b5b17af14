import { createInterface } from "node:readline/promises";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { checkName } from "../function-name.ts";
import { writeLine } from "../io.ts";
import type { Io } from "../io.ts";

const help = `Usage: fn delete <name> [--yes] [--json]

Removes a function, its versions and its URL. Asks first, on a terminal; elsewhere --yes is needed.

Options:
  --yes, -y   do not ask
  --json      {"deleted": "<name>"}; needs --yes

Examples:
  fn delete hello
  fn delete hello --yes
`;

const FLAGS = { yes: { type: "boolean", short: "y" }, json: { type: "boolean" } } as const;

export const remove: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [given = ""] = takePositionals(positionals, "name");
    const name = checkName(given);
    if (values.yes !== true && !(await confirm(name, values.json === true, io))) {
      await writeLine(io.stderr, "nothing was deleted");
      return EXIT.failed;
    }
    const { client } = await connect(io.env);
    await client.delete(name, { signal: io.signal });
    await writeLine(io.stdout, values.json === true ? JSON.stringify({ deleted: name }) : `${name} is deleted`);
    return EXIT.ok;
  },
};

async function confirm(name: string, json: boolean, { stdin, stderr, signal }: Io): Promise<boolean> {
  if (json || stdin.isTTY !== true || stderr.isTTY !== true) throw new UsageError("there is nobody to ask: give --yes");
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(?:es)?$/i.test((await terminal.question(`Delete ${name} and all its versions? [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
}
