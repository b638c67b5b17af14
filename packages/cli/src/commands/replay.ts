import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { writeLine } from "../io.ts";

const help = `Usage: fn replay <invocation> [--json]

Runs the recorded request of an asynchronous invocation again, as a new one, against the version that served it.

Options:
  --json   {"id": …, "location": …}

Examples:
  fn replay zQ3vXk0vS1mB7cR2dT4e
`;

export const replay: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { json: { type: "boolean" } } as const);
    const [id = ""] = takePositionals(positionals, "invocation");
    const { client } = await connect(io.env);
    const accepted = await client.replay(id.replace(/^\/?invocations\//, ""), { signal: io.signal });
    await writeLine(io.stdout, values.json === true ? JSON.stringify(accepted) : accepted.location);
    return EXIT.ok;
  },
};
