import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { writeLine } from "../io.ts";
import { showTable } from "../table.ts";
import { showAgo, showBytes, showMs } from "../units.ts";

const help = `Usage: fn list [--json]

Lists the functions that are deployed.

Options:
  --json   {"functions": […]}, as the API has them

Examples:
  fn list
  fn list --json | jq -r '.functions[].url'
`;

export const list: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { json: { type: "boolean" } } as const);
    takePositionals(positionals);
    const { client, url } = await connect(io.env);
    const functions = await client.list({ signal: io.signal });
    if (values.json === true) await writeLine(io.stdout, JSON.stringify({ functions }));
    else if (functions.length === 0) await writeLine(io.stdout, `nothing is deployed at ${url}: try \`fn deploy <file>\``);
    else
      await writeLine(
        io.stdout,
        showTable(["NAME", "VERSION", "RUNTIME", "MEMORY", "TIMEOUT", "BUNDLE", "UPDATED", "URL"], functions.map(row)),
      );
    return EXIT.ok;

    function row({ name, updatedMs, url: at, live: { version, limits, bundleBytes } }: (typeof functions)[number]): string[] {
      const { runtime, memoryMb, timeoutMs } = limits;
      return [
        name,
        version.slice(7, 19),
        runtime,
        `${memoryMb} MiB`,
        showMs(timeoutMs),
        showBytes(bundleBytes),
        showAgo(updatedMs, Date.now()),
        at,
      ];
    }
  },
};
