import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plan } from "@zygo/bench";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { writeLine } from "../io.ts";
import type { Io } from "../io.ts";
import { parseNumber } from "../units.ts";

const REPORT = "fn-bench.html";

const help = `Usage: fn bench [options]

Measures start-up, warm calls, sustained starts, memory, growth and more on platforms of its own, which it starts and stops, side by side
with what else starts or serves on this machine. Needs root, as the platform does, and nothing that listens. Peers that are not installed
are named and left out. Exits with 1 when an invocation failed or something was left behind; a figure that was asked for and missed is told.

Options:
  --short            about two minutes instead of about twenty
  --report <file>    where the HTML report goes; default ${REPORT}
  --samples <n>      rounds of start-ups; default 200, with --short 15
  --only <sections>  some of the sections alone, separated by commas; may be given again
  --no-peers         Zygo alone
  --install-peers    first has npm install workerd, deno and functions-framework in build/peers (270 MB); runc, crun and bubblewrap
                     are Debian's: apt-get install runc crun bubblewrap
  --json             the result as one JSON document on stdout, every sample in it

Sections:
  start              each kind of start, three bundles, against others' runtimes
  warm               warm calls on one connection and on many, against others' servers
  many               warm calls to one function, and to a hundred in turns
  soak               thousands of invocations, none of which may fail
  neighbours         a victim's latency while another function misbehaves, against alone
  sustained          a new sandbox for each request as fast as they come, and what is left behind
  burst              hundreds of first calls at once to one version
  growth             start-up with more and more functions deployed and sandboxes alive
  memory             memory of an idle instance, up to thousands alive, against Node processes

Examples:
  fn bench --short
  fn bench --install-peers --short
  fn bench --only start --samples 40
  fn bench --only growth,memory
  fn bench --report /tmp/before.html --json > before.json
`;

const FLAGS = {
  short: { type: "boolean" },
  report: { type: "string" },
  samples: { type: "string" },
  only: { type: "string", multiple: true },
  "no-peers": { type: "boolean" },
  "install-peers": { type: "boolean" },
  json: { type: "boolean" },
} as const;

export const bench: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    takePositionals(positionals);
    const samples = values.samples === undefined ? undefined : readSamples(values.samples);
    if (process.getuid?.() !== 0) throw new UsageError("fn bench starts platforms of its own, which needs root");
    const { FULL, SECTION_NAMES, SHORT, installPeers, renderReport, runBench, showResult } = await import("@zygo/bench");
    const sections = values.only === undefined ? SECTION_NAMES : readSections(values.only, SECTION_NAMES);
    const base: Plan = values.short === true ? SHORT : FULL;
    const plan: Plan = { ...base, sections, peers: values["no-peers"] !== true, ...(samples === undefined ? {} : { samples }) };
    if (values["install-peers"] === true) await installPeers(io.signal);
    const result = await runBench({ plan, progress: progressOn(io.stderr), signal: io.signal });
    const report = resolve(values.report ?? REPORT);
    writeFileSync(report, renderReport(result));
    await writeLine(io.stdout, values.json === true ? JSON.stringify(result) : showResult(result));
    await writeLine(io.stderr, `report: ${report}`);
    return result.healthy ? EXIT.ok : EXIT.failed;
  },
};

function readSections(given: readonly string[], known: readonly string[]): string[] {
  const names = given.flatMap((each) => each.split(","));
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new UsageError(`--only ${stranger}: one of ${known.join(", ")}`);
  return names;
}

function readSamples(text: string): number {
  const samples = parseNumber("--samples", text);
  if (!Number.isInteger(samples) || samples < 1 || samples > 10_000) throw new UsageError(`--samples ${text}: 1 to 10000`);
  return samples;
}

/** In one line on a terminal, rewritten in place; anywhere else a line for each new phase. */
function progressOn(stderr: Io["stderr"]): (phase: string, done: number, all: number) => void {
  let last = "";
  return (phase, done, all) => {
    if (stderr.isTTY === true)
      stderr.write(`\r\x1b[2K${phase}${all === 0 ? "…" : `: ${done} of ${all}`}${phase === "stopping" ? "\r\x1b[2K" : ""}`);
    else if (phase !== last) stderr.write(`${phase}…\n`);
    last = phase;
  };
}
