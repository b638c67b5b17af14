import { createInterface } from "node:readline/promises";
import { text as readAll } from "node:stream/consumers";
import { Writable } from "node:stream";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { checkName } from "../function-name.ts";
import { teller } from "../io.ts";
import type { Io } from "../io.ts";
import { showTable } from "../table.ts";
import { showAgo } from "../units.ts";

const help = `Usage: fn secrets set <NAME> [--function <name>] [--json]
       fn secrets ls [--json]
       fn secrets rm <NAME> [--function <name>] [--json]

Values that functions get as environment variables and nobody else sees: sealed where they are stored, never shown again. A function gets
those that its config names (\`secrets: ["NAME"]\`, or \`fn deploy --secret NAME\`): its own of that name, else its tenant's. A new value
reaches running functions within seconds, by new instances.

set reads the value from standard input (one line end at its end is left out), or asks for it on a terminal; it is no argument, which
others could see in the list of processes.

Options:
  --function <name>   the secret of one function; default: for any function of the tenant that names it
  --json              one JSON document

Examples:
  fn secrets set STRIPE_KEY < stripe-key.txt
  op read op://shop/stripe/key | fn secrets set STRIPE_KEY --function checkout
  fn secrets ls
  fn secrets rm STRIPE_KEY
`;

const FLAGS = { function: { type: "string" }, json: { type: "boolean" } } as const;

export const secrets: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [action, ...more] = positionals;
    const { signal } = io;
    const say = teller(io, values.json);
    if (action === "ls" || action === "list") {
      takePositionals(more);
      const { client } = await connect(io.env);
      const all = await client.secrets({ signal });
      const rows = all.map(({ name, function: owner, updatedMs }) => [name, owner ?? "(any)", showAgo(updatedMs, Date.now())]);
      await say({ secrets: all }, showTable(["NAME", "FUNCTION", "SET"], rows));
      return EXIT.ok;
    }
    if (action !== "set" && action !== "rm") throw new UsageError("say set, ls or rm");
    const [name = ""] = takePositionals(more, "NAME");
    const owner = values.function === undefined ? undefined : checkName(values.function);
    const { client } = await connect(io.env);
    if (action === "set") await client.setSecret({ name, function: owner, value: await readValue(name, io), signal });
    else await client.removeSecret({ name, function: owner, signal });
    const done = action === "set" ? "set" : "removed";
    await say({ [done]: name, function: owner ?? null }, `${name} is ${done}${owner === undefined ? "" : ` for ${owner}`}`);
    return EXIT.ok;
  },
};

async function readValue(name: string, io: Io): Promise<string> {
  const value = io.stdin.isTTY === true ? await askFor(name, io) : (await readAll(io.stdin)).replace(/\r?\n$/, "");
  if (value === "") throw new UsageError("the value is empty: give it on standard input");
  return value;
}

/** What is typed is not shown. */
async function askFor(name: string, { stdin, stderr, signal }: Io): Promise<string> {
  stderr.write(`value of ${name}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question("", { signal });
  } finally {
    terminal.close();
    stderr.write("\n");
  }
}
