import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@zygo/client";
import type { UsageReport } from "@zygo/contracts";
import { parseFlags, takePositionals, type Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { write, writeLine, type Io } from "../io.ts";
import { ratesOf, type Rates } from "../rates.ts";
import { showTable } from "../table.ts";
import { parseDuration, showBytes } from "../units.ts";

const help = `Usage: fn top [--once] [--interval 2s] [--json]

Shows what each function uses now, those that use most CPU first, and refreshes until \`q\` or Ctrl-C. CPU is of one core, so 200 % are two;
HELD is the part of the time that its instances were held back by their CPU limit. Rates are of the last interval.

Options:
  --once             one interval, then end; so too where the output is no terminal
  --interval <time>  how long to measure (default 2s, at least 200ms)
  --json             a line an interval: {"atMs", "functions": [...]}

Examples:
  fn top
  fn top --once --json | jq '.functions[] | select(.cpuPercent > 50)'
`;

const LEAST_INTERVAL_MS = 200;
const CLEAR = "\x1b[H\x1b[J";

export const top: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      once: { type: "boolean" },
      json: { type: "boolean" },
      interval: { type: "string", default: "2s" },
    } as const);
    takePositionals(positionals);
    const intervalMs = parseDuration("--interval", values.interval);
    if (intervalMs < LEAST_INTERVAL_MS) throw new UsageError(`--interval ${values.interval}: at least ${LEAST_INTERVAL_MS}ms`);
    const { client } = await connect(io.env);
    const live = values.once !== true && (io.stdout.isTTY === true || values.json === true);
    const keys = watchKeys(io);
    try {
      await watch({ client, io, intervalMs, live, json: values.json === true, signal: AbortSignal.any([io.signal, keys.signal]) });
    } finally {
      keys.restore();
    }
    return EXIT.ok;
  },
};

interface Watch {
  client: Client;
  io: Io;
  intervalMs: number;
  live: boolean;
  json: boolean;
  signal: AbortSignal;
}

/** Until the signal aborts, or after one interval when it is not live. */
async function watch({ client, io, intervalMs, live, json, signal }: Watch): Promise<void> {
  try {
    let before = await client.usage({ signal });
    do {
      await sleep(intervalMs, undefined, { signal });
      const after = await client.usage({ signal });
      const rates = ratesOf(before, after);
      if (json) await writeLine(io.stdout, JSON.stringify({ atMs: after.atMs, functions: rates, silent: after.silent }));
      else await write(io.stdout, `${live ? CLEAR : ""}${show(rates, after)}\n`);
      before = after;
    } while (live);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function show(rates: readonly Rates[], { silent }: UsageReport): string {
  const missing = silent.map((worker) => `\nthe worker ${worker} did not answer: what it has is missing`).join("");
  if (rates.length === 0) return `nothing runs${missing}`;
  return (
    showTable(
      ["NAME", "LIVE", "BUSY", "CPU", "HELD", "MEMORY", "NET IN/S", "NET OUT/S", "DISK R/S", "DISK W/S", "CALLS/S"],
      rates.map(row),
    ) + missing
  );
}

const row = (rates: Rates): string[] => [
  rates.function,
  String(rates.instances),
  String(rates.busy),
  `${rates.cpuPercent.toFixed(1)} %`,
  `${rates.throttledPercent.toFixed(1)} %`,
  `${(rates.memoryBytes / 1024 / 1024).toFixed(1)} MiB`,
  showBytes(Math.round(rates.receivedBytesPerSecond)),
  showBytes(Math.round(rates.sentBytesPerSecond)),
  showBytes(Math.round(rates.diskReadBytesPerSecond)),
  showBytes(Math.round(rates.diskWriteBytesPerSecond)),
  rates.invocationsPerSecond.toFixed(1),
];

/** On a terminal, `q` and Ctrl-C end it; raw mode takes the signal of the latter away. */
function watchKeys({ stdin, stdout }: Io): { signal: AbortSignal; restore: () => void } {
  const ended = new AbortController();
  const terminal = stdin as typeof stdin & { setRawMode?: (raw: boolean) => void };
  if (stdin.isTTY !== true || stdout.isTTY !== true) return { signal: ended.signal, restore: () => undefined };
  const onKey = (key: Buffer): void => {
    if (key.includes("q") || key.includes(3)) ended.abort();
  };
  terminal.setRawMode?.(true);
  stdin.on("data", onKey);
  const restore = (): void => {
    terminal.setRawMode?.(false);
    stdin.off("data", onKey).pause();
  };
  return { signal: ended.signal, restore };
}
