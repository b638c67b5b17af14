import { stripVTControlCharacters } from "node:util";
import type { Client } from "@zygo/client";
import type { LogLine } from "@zygo/contracts";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { checkName } from "../function-name.ts";
import { writeLine } from "../io.ts";
import { parseDuration, parseNumber } from "../units.ts";

const help = `Usage: fn logs <name> [options]

Prints what a function wrote, oldest first: time, level, request, message.

Options:
  -f, --follow       go on as lines come, until Ctrl-C
  --since <time>     only the last 10m, 2h, … of it
  -n, --lines <n>    the last n lines, 1 to 1000; default 100
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

/** Most lines that the platform gives at once. */
const PAGE = 1000;

export const logs: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [given = ""] = takePositionals(positionals, "name");
    const name = checkName(given);
    const range = { follow: values.follow === true, signal: io.signal };
    const limit = readLimit(values.lines);
    const fromMs = values.since === undefined ? undefined : Date.now() - parseDuration("--since", values.since);
    const { client } = await connect(io.env);
    for await (const line of fromMs === undefined ? client.logs(name, { ...range, limit }) : linesSince(client, name, fromMs, range)) {
      await writeLine(io.stdout, values.json === true ? JSON.stringify(line) : showLogLine(line));
    }
    return EXIT.ok;
  },
};

function readLimit(text: string | undefined): number {
  const limit = text === undefined ? 100 : parseNumber("--lines", text);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE) throw new UsageError(`--lines ${text}: 1 to ${PAGE}`);
  return limit;
}

/** Page after page, since an answer has at most PAGE lines. A line's id begins with the millisecond at which it was stored. */
async function* linesSince(client: Client, name: string, fromMs: number, range: { follow: boolean; signal: AbortSignal }) {
  let after = String(fromMs);
  for (let count = PAGE; count === PAGE;) {
    count = 0;
    for await (const line of client.logs(name, { after, limit: PAGE, signal: range.signal })) {
      ({ id: after } = line);
      count += 1;
      yield line;
    }
  }
  if (range.follow) yield* client.logs(name, { ...range, after });
}

/** A function's text does not get to move the cursor or to colour the terminal of who reads it. */
export function showLogLine({ time, level, requestId, message, fields }: LogLine): string {
  const when = new Date(time).toISOString().replace("T", " ").slice(0, -1);
  const more = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
  const request = (requestId ?? "-").padEnd(36);
  return `${when}  ${level.toUpperCase().padEnd(5)}  ${request}  ${stripVTControlCharacters(message + more)}`;
}
