import type { FunctionDetail } from "@zygo/contracts";
import { parseFlags, takePositionals, type Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { checkName } from "../function-name.ts";
import { writeLine } from "../io.ts";
import { showAgo, showBytes, showMs } from "../units.ts";

const help = `Usage: fn describe <name> [--json]

Tells all about a function's live version: where it is, who may call it, its limits, handlers and schedules, what its start-up took when it
was deployed, and whether its instances are forked from a template, or why they are not.

Options:
  --json   the function as the API has it, every version included

Examples:
  fn describe hello
  fn describe hello --json | jq .live.limits
`;

export const describe: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { json: { type: "boolean" } } as const);
    const [name = ""] = takePositionals(positionals, "name");
    checkName(name);
    const { client } = await connect(io.env);
    const found = await client.get(name, { signal: io.signal });
    await writeLine(io.stdout, values.json === true ? JSON.stringify(found) : showFunction(found, Date.now()));
    return EXIT.ok;
  },
};

/** A line a fact. */
export function showFunction({ name, url, auth, aliases, live, versions }: FunctionDetail, now: number): string {
  const facts: [string, string][] = [
    ["url", url],
    ["auth", auth],
    ["version", `${short(live.version)} of ${showAgo(live.createdMs, now)}, from ${live.entry}, ${showBytes(live.bundleBytes)}`],
    [
      "aliases",
      Object.entries(aliases)
        .map(([alias, digest]) => `${alias} → ${short(digest)}`)
        .join(", "),
    ],
    ["versions", `${versions.length}`],
    ["handlers", live.handlers.join(", ") || "none"],
    ["start-up", `${showMs(live.startup.totalMs)} in all, ${showMs(live.startup.loadMs)} of it to load, measured at deploy`],
    ["template", template(live)],
    ["environment", live.envNames.join(", ") || "none"],
    ...Object.entries(live.limits).map(([limit, value]): [string, string] => [limit, showLimit(value)]),
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  return [name, ...facts.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)].join("\n");
}

function template({ forkClean, limits }: FunctionDetail["live"]): string {
  if (!limits.template) return "off, by its config";
  if (forkClean === undefined) return "not known: no worker has looked";
  if (!forkClean.ok) return `no: ${forkClean.reasons.join("; ")}`;
  return "yes; what the module drew at load is one for all instances, unless its afterFork() renews it (docs/templates.md)";
}

const short = (digest: string): string => digest.slice(7, 19);

function showLimit(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
