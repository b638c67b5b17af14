import type { WebhookCreate, WebhookSecret, WebhookView } from "@zygo/contracts";
import { takePositionals, type parseFlags } from "../command.ts";
import { UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { showTable } from "../table.ts";
import { verbCommand, type Verbs } from "../verbs.ts";

const help = `Usage: fn webhook <create | ls | show | test | rotate | rm> [arguments] [--json]

Deliveries to /hooks/<name> are verified, queued, and run the function.

  create <name> <function>   make one; its secret is shown this once
  ls; show <name>            what there is
  test <name>                send a signed delivery, as the sender would
  rotate <name>              a new secret; those of before work for another day
  rm <name>

Options of create and rotate:
  --provider <scheme>        standard (default), github, stripe, slack, hmac
  --secret-env <variable>    take the secret that the sender shows from this environment variable; default: one is made
  --keep <hours>             of rotate: how long the secrets of before go on working; default 24
  --header <name>            of hmac: the header of the signature
  --algorithm, --encoding, --prefix, --timestamp-header, --id-header   of hmac: see docs/webhooks.md
  --json

Examples:
  fn webhook create repo on-push --provider github
  STRIPE_SECRET=whsec_… fn webhook create paid on-payment --provider stripe --secret-env STRIPE_SECRET
  fn webhook test repo
  fn webhook rotate repo --keep 1
`;

const FLAGS = {
  provider: { type: "string" },
  "secret-env": { type: "string" },
  keep: { type: "string" },
  header: { type: "string" },
  algorithm: { type: "string" },
  encoding: { type: "string" },
  prefix: { type: "string" },
  "timestamp-header": { type: "string" },
  "id-header": { type: "string" },
  json: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

const verbs: Verbs<Values> = {
  async create({ client, rest, values, io }) {
    const [name = "", target = ""] = takePositionals(rest, "name", "function");
    const made = await client.webhooks.create(webhookOf(name, target, values, io.env));
    return { json: made, text: secretText(made) };
  },
  async ls({ client, rest }) {
    takePositionals(rest);
    const webhooks = await client.webhooks.list();
    const text =
      webhooks.length === 0
        ? "there are no webhooks: try `fn webhook create`"
        : showTable(["NAME", "FUNCTION", "PROVIDER", "URL"], webhooks.map(row));
    return { json: { webhooks }, text };
  },
  async show({ client, rest }) {
    const [name = ""] = takePositionals(rest, "name");
    const found = await client.webhooks.get(name);
    return { json: found, text: JSON.stringify(found, null, 2) };
  },
  async test({ client, rest }) {
    const [name = ""] = takePositionals(rest, "name");
    const { url, headers, body } = await client.webhooks.sign(name);
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(15_000) });
    const told = await answer.text();
    return { json: { status: answer.status, answer: told }, text: `${answer.status} ${told}`, failed: answer.status !== 202 };
  },
  async rotate({ client, rest, values, io }) {
    const [name = ""] = takePositionals(rest, "name");
    const keep = values.keep === undefined ? {} : { keepMs: hours(values.keep) };
    const made = await client.webhooks.rotate(name, { ...secretOf(values, io.env), ...keep });
    return { json: made, text: secretText(made) };
  },
  async rm({ client, rest }) {
    const [name = ""] = takePositionals(rest, "name");
    await client.webhooks.remove(name);
    return { json: { deleted: name }, text: `${name} is removed` };
  },
};

export const webhook = verbCommand("webhook", { help, flags: FLAGS, verbs });

const row = ({ name, function: target, provider, url }: WebhookView): string[] => [name, target, provider, url];

const secretText = ({ webhook: { url, provider }, secret }: WebhookSecret): string =>
  `url     ${url}\nscheme  ${provider}\nsecret  ${secret}\nThe secret is not shown again: give it to the sender now.`;

function webhookOf(name: string, target: string, values: Values, env: Io["env"]): WebhookCreate {
  const { header, algorithm, encoding, prefix } = values;
  const provider = (values.provider ?? "standard") as WebhookCreate["provider"];
  const scheme = {
    ...{ algorithm, encoding, prefix },
    ...{ timestampHeader: values["timestamp-header"], idHeader: values["id-header"] },
  };
  const hmac = header === undefined ? {} : { hmac: { header, ...scheme } as NonNullable<WebhookCreate["hmac"]> };
  if (provider === "hmac" && header === undefined) throw new UsageError("--provider hmac needs --header");
  return { name, function: target, provider, ...secretOf(values, env), ...hmac };
}

/** Never from the command line itself, where every process could read it. */
function secretOf(values: Values, env: Io["env"]): { secret?: string } {
  const variable = values["secret-env"];
  if (variable === undefined) return {};
  const secret = env[variable];
  if (secret === undefined || secret === "") throw new UsageError(`--secret-env: ${variable} is not set`);
  return { secret };
}

function hours(text: string): number {
  if (!/^\d{1,3}(?:\.\d+)?$/.test(text)) throw new UsageError(`--keep is a number of hours, not '${text}'`);
  return Math.round(Number(text) * 3_600_000);
}
