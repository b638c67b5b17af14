import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { writeLine } from "../io.ts";
import { showTable } from "../table.ts";
import { parseNumber } from "../units.ts";

const help = `Usage: fn audit [-n <lines>] [--json]

Who changed what in your tenant, the oldest first: deploys, aliases, keys, secrets, tenants, and how each ended.

Options:
  -n, --lines <n>   the last n changes, 1 to 1000; default 100
  --json            {"lines": […]}

Examples:
  fn audit
  fn audit --tenant acme -n 20
`;

const FLAGS = { lines: { type: "string", short: "n" }, json: { type: "boolean" } } as const;

export const audit: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    takePositionals(positionals);
    const limit = values.lines === undefined ? 100 : parseNumber("--lines", values.lines);
    const { client } = await connect(io.env);
    const lines = await client.audit({ limit, signal: io.signal });
    const rows = lines.map(({ time, who, operation, path, status }) => [
      new Date(time).toISOString().slice(0, 19).replace("T", " "),
      who,
      String(status),
      operation.split(" ")[0] ?? "",
      path,
    ]);
    await writeLine(
      io.stdout,
      values.json === true ? JSON.stringify({ lines }) : showTable(["TIME (UTC)", "WHO", "STATUS", "", "WHAT"], rows),
    );
    return EXIT.ok;
  },
};
