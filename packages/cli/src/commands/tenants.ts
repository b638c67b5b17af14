import type { Quotas } from "@zygo/contracts";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { checkName } from "../function-name.ts";
import { teller } from "../io.ts";
import { showTable } from "../table.ts";
import { parseMemory, parseNumber } from "../units.ts";

const help = `Usage: fn tenants create <name> [quotas] [--json]
       fn tenants ls [--json]
       fn tenants show <name> [--json]
       fn tenants set <name> [quotas] [--json]
       fn tenants rm <name> [--json]

Tenants of the installation, for its operator. Each has functions, keys, secrets and logs of its own, and sees no other's. rm is refused while
the tenant has functions, and takes its keys and secrets along.

Quotas (a number, or "none"; create begins with none of them):
  --functions <n>
  --instances <n>      live at a time, on each worker; 0: nothing runs
  --memory <MiB>       of live instances by their limits, such as 2g, on each worker
  --rps <n>            invocations a second, over everything
  --burst <n>          that may come at once after a pause; default: as many as a second allows
  --storage <MiB>      of volumes

Examples:
  fn tenants create acme --functions 20 --instances 50 --memory 8g --rps 100 --burst 200
  fn keys create --tenant acme --name "acme's admin" --scopes admin
  fn tenants set acme --rps none
`;

const FLAGS = {
  functions: { type: "string" },
  instances: { type: "string" },
  memory: { type: "string" },
  rps: { type: "string" },
  burst: { type: "string" },
  storage: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

export const tenants: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [action, ...more] = positionals;
    const { signal } = io;
    const say = teller(io, values.json);
    if (action === "ls" || action === "list") {
      takePositionals(more);
      const { client } = await connect(io.env);
      const all = await client.tenants({ signal });
      await say(
        { tenants: all },
        showTable(
          ["NAME", ...Object.keys(COLUMNS)],
          all.map(({ name, quotas }) => [name, ...cells(quotas)]),
        ),
      );
      return EXIT.ok;
    }
    const actions = ["create", "show", "set", "rm"];
    if (action === undefined || !actions.includes(action)) throw new UsageError(`say ls, ${actions.join(", ")}`);
    const [given = ""] = takePositionals(more, "name");
    const name = checkName(given, "tenant");
    const quotas = readQuotas(values);
    const { client } = await connect(io.env);
    if (action === "rm") {
      await client.removeTenant(name, { signal });
      await say({ removed: name }, `${name} is removed`);
    } else if (action === "show") {
      const tenant = await client.tenant(name, { signal });
      const { functions, keys, secrets } = tenant;
      await say(tenant, `${name}: ${functions} functions, ${keys} keys, ${secrets} secrets\n${showQuotas(tenant.quotas)}`);
    } else {
      const tenant = await (action === "create"
        ? client.createTenant(name, quotas, { signal })
        : client.changeTenant(name, quotas, { signal }));
      await say(tenant, `${name} is ${action === "create" ? "made" : "changed"}\n${showQuotas(tenant.quotas)}`);
    }
    return EXIT.ok;
  },
};

const COLUMNS: Record<string, keyof Quotas> = {
  FUNCTIONS: "functions",
  INSTANCES: "instances",
  "MEMORY MiB": "memoryMb",
  "REQUESTS/S": "requestsPerSecond",
  BURST: "burst",
  "STORAGE MiB": "storageMb",
};

const cells = (quotas: Quotas): string[] => Object.values(COLUMNS).map((key) => String(quotas[key] ?? "-"));

export const showQuotas = (quotas: Quotas): string => showTable(Object.keys(COLUMNS), [cells(quotas)]);

function readQuotas({ functions, instances, memory, rps, burst, storage }: Values): Partial<Quotas> {
  const read = (flag: string, text: string | undefined, parse: (flag: string, text: string) => number): number | null | undefined =>
    text === undefined ? undefined : text === "none" ? null : parse(flag, text);
  const all = {
    functions: read("--functions", functions, parseNumber),
    instances: read("--instances", instances, parseNumber),
    memoryMb: read("--memory", memory, parseMemory),
    requestsPerSecond: read("--rps", rps, parseNumber),
    burst: read("--burst", burst, parseNumber),
    storageMb: read("--storage", storage, parseMemory),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
