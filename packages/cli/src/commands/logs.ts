import { stripVTControlCharacters } from "node:util";
import type { LogLine } from "@zygo/contracts";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { checkName } from "../function-name.ts";
import { writeLine } from "../io.ts";
import { parseDuration, parseNumber } from "../units.ts";

const help = `Usage: fn logs <name> [options]

Prints what a function wrote, oldest first: time, level, request, message.

Options:
  -f, --follow       go on as lines come, until Ctrl-C
  --since <time>     only the last 10m, 2h, … of it
  -n, --lines <n>    at most the last n lines; default 100, with --since 10000
  --json             one JSON object a line

Examples:
  fn logs api
  fn logs api -f
  fn logs api --since 10m --json | jq 'select(.level == "error")'
`;

const FLAGS = {
  follow: { type: "boolean", short: "f" },
  since: { type: "string" },
  lines: { type: "string", short: "n" },
  json: { type: "boolean" },
} as const;

export const logs: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [given = ""] = takePositionals(positionals, "name");
    const name = checkName(given);
    const fromMs = values.since === undefined ? 0 : Date.now() - parseDuration("--since", values.since);
    const limit = values.lines === undefined ? (fromMs === 0 ? 100 : 10_000) : parseNumber("--lines", values.lines);
    const { client } = await connect(io.env);
    for await (const line of client.logs(name, { limit, follow: values.follow === true, signal: io.signal })) {
      if (line.time < fromMs) continue;
      await writeLine(io.stdout, values.json === true ? JSON.stringify(line) : showLogLine(line));
    }
    return EXIT.ok;
  },
};

/** A function's text does not get to move the cursor or to colour the terminal of who reads it. */
export function showLogLine({ time, level, requestId, message, fields }: LogLine): string {
  const when = new Date(time).toISOString().replace("T", " ").slice(0, -1);
  const more = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
  const request = (requestId ?? "-").slice(0, 12).padEnd(12);
  return `${when}  ${level.toUpperCase().padEnd(5)}  ${request}  ${stripVTControlCharacters(message + more)}`;
}
