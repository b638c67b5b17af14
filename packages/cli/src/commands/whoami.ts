import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { writeLine } from "../io.ts";
import { showQuotas } from "./tenants.ts";

const help = `Usage: fn whoami [--json]

Says whose API key the command uses, what it may do, and what its tenant may use.

Examples:
  fn whoami
  fn whoami --json | jq -r .tenant
`;

export const whoami: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { json: { type: "boolean" } } as const);
    takePositionals(positionals);
    const { client, url } = await connect(io.env);
    const me = await client.whoami({ signal: io.signal });
    const lines = [
      `tenant     ${me.tenant} at ${url}`,
      `key        ${me.operator ? "the operator's: --tenant makes it act for any tenant" : `${me.key} (${me.name})`}`,
      `may        ${me.scopes.join(", ")}${me.functions === null ? "" : `, for ${me.functions.join(", ")} alone`}`,
      `expires    ${me.expiresMs === null ? "never" : new Date(me.expiresMs).toISOString()}`,
      "",
      showQuotas(me.quotas),
    ];
    await writeLine(io.stdout, values.json === true ? JSON.stringify(me) : lines.join("\n"));
    return EXIT.ok;
  },
};
