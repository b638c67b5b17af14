import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { teller, writeLine } from "../io.ts";
import { showTable } from "../table.ts";
import { parseDuration, showAgo } from "../units.ts";

const help = `Usage: fn keys create [options]
       fn keys list [--json]
       fn keys revoke <id> [--json]

API keys of your tenant. A key is shown once, when it is made; only its hash is kept. A revoked one ends within a second, everywhere.

Options of create:
  --name <text>          what uses the key; default: "unnamed"
  --scopes <list>        of deploy, invoke, read and admin (which includes the others); default: deploy,invoke,read
  --expires <time>       such as 12h or 30d; default: never
  --functions <names>    the functions that it is good for; default: all
  --json                 one JSON document, the key in it

Examples:
  fn keys create --name ci --scopes deploy --expires 90d
  fn keys create --name website --scopes invoke --functions search,checkout --json | jq -r .key
  fn keys list
  fn keys revoke abcdefghij
`;

const FLAGS = {
  name: { type: "string" },
  scopes: { type: "string" },
  expires: { type: "string" },
  functions: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

export const keys: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [action, ...more] = positionals;
    const json = values.json === true;
    const { signal } = io;
    const say = teller(io, json);
    if (action === "create") {
      takePositionals(more);
      const wanted = await readKey(values);
      const { client } = await connect(io.env);
      const made = await client.createKey(wanted, { signal });
      if (!json) await writeLine(io.stderr, `key ${made.id} of tenant ${made.tenant}: ${made.scopes.join(", ")}. It is not shown again:`);
      await say(made, made.key);
    } else if (action === "list") {
      takePositionals(more);
      const { client } = await connect(io.env);
      const all = await client.keys({ signal });
      const rows = all.map(({ id, name, scopes, functions, expiresMs, lastUsedMs, createdMs }) => [
        id,
        name,
        scopes.join(","),
        functions?.join(",") ?? "all",
        showAgo(createdMs, Date.now()),
        lastUsedMs === null ? "never" : showAgo(lastUsedMs, Date.now()),
        expiresMs === null ? "never" : new Date(expiresMs).toISOString().slice(0, 16).replace("T", " "),
      ]);
      await say({ keys: all }, showTable(["ID", "NAME", "SCOPES", "FUNCTIONS", "MADE", "USED", "EXPIRES (UTC)"], rows));
    } else if (action === "revoke") {
      const [id = ""] = takePositionals(more, "id");
      const { client } = await connect(io.env);
      await client.revokeKey(id, { signal });
      await say({ revoked: id }, `${id} is revoked`);
    } else throw new UsageError("say create, list or revoke");
    return EXIT.ok;
  },
};

async function readKey({ name = "unnamed", scopes = "deploy,invoke,read", expires, functions }: Values) {
  const { KeyCreate } = await import("@zygo/contracts");
  const parsed = KeyCreate.safeParse({
    name,
    scopes: scopes.split(","),
    functions: functions?.split(",") ?? null,
    expiresInMs: expires === undefined ? null : parseDuration("--expires", expires),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--${String(issue?.path[0]).replace("expiresInMs", "expires")}: ${issue?.message}`);
}
