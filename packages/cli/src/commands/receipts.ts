import type { Receipt } from "@zygo/contracts";
import { parseFlags, takePositionals, type Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { checkName } from "../function-name.ts";
import { writeLine } from "../io.ts";
import { outcomeOf, showMib } from "../show-receipt.ts";
import { showTable } from "../table.ts";
import { parseNumber, showAgo, showBytes, showMs } from "../units.ts";

const help = `Usage: fn receipts <name> [-n <count>] [--json]

Shows what the last invocations of a function took, the newest first, as the kernel counted it: CPU, the part of it that its limit held back,
the most memory of its instance so far, disk, network, and where the time went. \`*\`: figures of all that the instance served at that time.

Workers keep the last 100 of a function until they stop. An asynchronous invocation has its receipts in its record, in each attempt.

Options:
  -n, --lines <count>   how many (default 20)
  --json                {"receipts": [...], "silent": [workers that did not answer]}

Examples:
  fn receipts hello
  fn receipts hello -n 1 --json | jq '.receipts[0].used'
  curl -i -H 'x-fn-receipt: 1' http://127.0.0.1:8080/fn/hello    # with the answer, in a header
`;

export const receipts: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      json: { type: "boolean" },
      lines: { type: "string", short: "n", default: "20" },
    } as const);
    const [name = ""] = takePositionals(positionals, "name");
    checkName(name);
    const limit = parseNumber("--lines", values.lines);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new UsageError("--lines: from 1 to 1000");
    const { client } = await connect(io.env);
    const told = await client.receipts(name, { limit, signal: io.signal });
    for (const worker of told.silent) await writeLine(io.stderr, `fn: the worker ${worker} did not answer: what it has is missing`);
    await writeLine(io.stdout, values.json === true ? JSON.stringify(told) : show(name, told.receipts));
    return told.silent.length > 0 ? EXIT.failed : EXIT.ok;
  },
};

const HEAD = ["WHEN", "ANSWER", "START", "TOTAL", "QUEUE", "INIT", "HANDLER", "CPU", "HELD", "PEAK", "DISK R/W", "NET IN/OUT", "REQUEST"];

function show(name: string, list: readonly Receipt[]): string {
  if (list.length === 0) return `no worker remembers an invocation of ${name}: \`fn invoke ${name}\` makes one`;
  return showTable(HEAD, list.map(row));
}

function row(receipt: Receipt): string[] {
  const { endedMs, start, phases, used, shared, requestId } = receipt;
  const mark = shared ? "*" : "";
  return [
    showAgo(endedMs, Date.now()),
    outcomeOf(receipt),
    start ?? "-",
    showMs(phases.totalMs),
    showMs(phases.queueMs),
    showMs(phases.startMs + phases.initMs),
    phases.handlerMs === null ? "-" : showMs(phases.handlerMs),
    ...(used === null
      ? ["-", "-", "-", "-", "-"]
      : [
          showMs(used.cpuMs) + mark,
          showMs(used.throttledMs) + mark,
          showMib(used.memoryPeakBytes),
          `${showBytes(used.diskReadBytes)} / ${showBytes(used.diskWriteBytes)}`,
          `${showBytes(used.receivedBytes)} / ${showBytes(used.sentBytes)}`,
        ]),
    requestId,
  ];
}
