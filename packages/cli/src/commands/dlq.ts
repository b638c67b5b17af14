import type { Client } from "@zygo/client";
import type { DeadLetter } from "@zygo/contracts";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { teller } from "../io.ts";
import { showTable } from "../table.ts";
import { showAgo } from "../units.ts";

const help = `Usage: fn dlq list [--function <name>] [--limit <n>] [--json]
       fn dlq show <id> [--json]
       fn dlq redrive <id…> | --function <name> | --all
       fn dlq purge <id…> | --function <name> | --all

Dead letters: asynchronous invocations that failed for good, with the true reason, their attempts and their request, which redrive queues
again with all attempts ahead of it.

Options:
  -f, --function <name>   of one function
  --all                   of all functions
  --limit <n>             list: at most so many (100)
  --json                  one JSON document

Examples:
  fn dlq list -f mail
  fn dlq show zQ3vXk0vS1mB7cR2dT4e
  fn dlq redrive --function mail
`;

const FLAGS = {
  function: { type: "string", short: "f" },
  all: { type: "boolean" },
  limit: { type: "string" },
  json: { type: "boolean" },
} as const;

type Flags = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

export const dlq: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [verb = "", ...ids] = positionals;
    const { client } = await connect(io.env);
    const say = teller(io, values.json);
    if (verb === "list") {
      takePositionals(ids);
      const listed = await client.deadLetters({ function: values.function, limit: readLimit(values.limit), signal: io.signal });
      await say(listed, listed.total === 0 ? "no dead letters" : showList(listed.deadLetters, listed.total));
    } else if (verb === "show") {
      const [id = ""] = takePositionals(ids, "id");
      const letter = await client.deadLetter(id, { signal: io.signal });
      await say(letter, showOne(letter));
    } else if (verb === "redrive" || verb === "purge") {
      const count = await act(client, verb, { ids, values, signal: io.signal });
      await say({ count }, `${verb === "redrive" ? "queued again" : "removed"}: ${count}`);
    } else throw new UsageError("one of list, show, redrive, purge is needed: `fn dlq --help`");
    return EXIT.ok;
  },
};

/** What is meant has to be said: nothing is purged by leaving something out. */
async function act(
  client: Client,
  verb: "redrive" | "purge",
  given: { ids: string[]; values: Flags; signal: AbortSignal },
): Promise<number> {
  const { ids, values, signal } = given;
  const named = [ids.length > 0, values.function !== undefined, values.all === true].filter(Boolean).length;
  if (named !== 1) throw new UsageError(`fn dlq ${verb} needs ids, --function <name> or --all`);
  const pick = ids.length > 0 ? { ids } : values.function === undefined ? {} : { function: values.function };
  return await client[verb](pick, { signal });
}

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new UsageError("--limit is a number from 1 to 999");
  return Number(text);
}

function showList(letters: DeadLetter[], total: number): string {
  const rows = letters.map(({ id, function: name, attempts, settledMs, reason }) => [
    id,
    name,
    String(attempts.length),
    showAgo(settledMs ?? 0, Date.now()),
    reason ?? "",
  ]);
  const more = total > letters.length ? `\n${total - letters.length} more: --limit` : "";
  return showTable(["ID", "FUNCTION", "ATTEMPTS", "DIED", "REASON"], rows) + more;
}

function showOne({ id, function: name, method, url, reason, attempts }: DeadLetter): string {
  const rows = attempts.map(({ number, startedMs, endedMs, status, code, reason: why }) => [
    String(number),
    new Date(startedMs).toISOString(),
    `${endedMs - startedMs} ms`,
    status === null ? (code ?? "") : String(status),
    why,
  ]);
  return `${id}  ${name}  ${method} ${url}\n${reason ?? ""}\n\n${showTable(["ATTEMPT", "BEGAN", "TOOK", "ENDED", "REASON"], rows)}`;
}
