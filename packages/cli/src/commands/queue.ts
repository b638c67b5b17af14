import { createInterface } from "node:readline";
import type { Client } from "@zygo/client";
import type { MessagesSend, QueueView } from "@zygo/contracts";
import { takePositionals, type parseFlags } from "../command.ts";
import { UsageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { showTable } from "../table.ts";
import { parseDuration, showMs } from "../units.ts";
import { verbCommand, type Given, type Said, type Verbs } from "../verbs.ts";

const help = `Usage: fn queue <send | ls | show | pause | resume | purge> [arguments] [--json]

Messages for a function's \`queue\` handler, which gets them in batches. Other functions send them by env.queue.send().

  send <name> [message]   send one message, which is JSON; without one: a message from each line of stdin
  ls                      how many messages of each function are due, delayed and in flight, and how long the first one has waited
  show <name>             the same of one function
  pause, resume <name>    hold messages back, and let them go again; what is sent meanwhile is kept
  purge <name>            cancel all messages that wait

Messages that failed for good are dead letters: \`fn dlq list -f <name>\`, \`fn dlq redrive\`.

Options:
  --delay <time>   of send: not before, such as 30s or 2h; a day at most
  --text           of send: the message, or each line, is text and no JSON
  --json           one JSON document

Examples:
  fn queue send mail '{"to":"ada@example.com"}'
  fn queue send mail '{"to":"ada@example.com"}' --delay 10m
  jq -c '.users[]' export.json | fn queue send mail
  fn queue ls
  fn queue purge mail
`;

const FLAGS = { delay: { type: "string" }, text: { type: "boolean" }, json: { type: "boolean" } } as const;
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];
type Messages = MessagesSend["messages"];

/** Messages, and bytes of them, that one request takes; the platform takes 100 and 6 MiB. */
const MOST = 100;
const MOST_BYTES = 4 * 1024 * 1024;

const verbs: Verbs<Values> = {
  async send({ client, rest, values, io }) {
    const [name = "", text] = takePositionals(rest, "name", "message?");
    const delay = values.delay === undefined ? {} : { delaySeconds: parseDuration("--delay", values.delay) / 1000 };
    const read = (line: string): Messages[number] => ({ body: bodyOf(line, values.text), ...delay });
    if (text === undefined) return await sendLines(client, name, { read, io });
    const ids = await client.queues.send(name, [read(text)], { signal: io.signal });
    return { json: { ids }, text: `sent to ${name}: ${ids.join(" ")}` };
  },
  async ls({ client, rest, io }) {
    takePositionals(rest);
    const queues = await client.queues.list({ signal: io.signal });
    const text = queues.length === 0 ? "no function has a `queue` handler" : showTable(HEAD, queues.map(row));
    return { json: { queues }, text };
  },
  async show({ client, rest, io }) {
    const [name = ""] = takePositionals(rest, "name");
    const found = await client.queues.get(name, { signal: io.signal });
    return { json: found, text: showTable(HEAD, [row(found)]) };
  },
  pause: (given) => act(given, "pause", () => "gets no messages until `fn queue resume`; what is sent is kept"),
  resume: (given) => act(given, "resume", () => "gets messages again"),
  purge: (given) => act(given, "purge", (count) => `has no messages that wait any more: ${count} cancelled`),
};

export const queue = verbCommand("queue", { help, flags: FLAGS, verbs });

async function act(
  { client, rest, io }: Given<Values>,
  action: "pause" | "resume" | "purge",
  words: (cancelled: number) => string,
): Promise<Said> {
  const [name = ""] = takePositionals(rest, "name");
  const acted = await client.queues.act(name, action, { signal: io.signal });
  return { json: acted, text: `${name} ${words(acted.cancelled)}` };
}

/** As many at a time as one request takes. What was sent before a line that is wrong stays sent, and is told. */
async function sendLines(client: Client, name: string, given: { read: (line: string) => Messages[number]; io: Io }): Promise<Said> {
  const { read, io } = given;
  if (io.stdin.isTTY === true) throw new UsageError("<message> is missing: give one, or lines on stdin");
  const ids: string[] = [];
  let [some, bytes, number]: [Messages, number, number] = [[], 0, 0];
  const flush = async (): Promise<void> => {
    if (some.length > 0) ids.push(...(await client.queues.send(name, some, { signal: io.signal })));
    [some, bytes] = [[], 0];
  };
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity })) {
    number++;
    if (line.trim() === "") continue;
    try {
      some.push(read(line));
    } catch (error) {
      throw new UsageError(`line ${number}: ${(error as Error).message}; ${ids.length} messages were sent before`);
    }
    bytes += Buffer.byteLength(line);
    if (some.length >= MOST || bytes >= MOST_BYTES) await flush();
  }
  await flush();
  return { json: { ids }, text: `sent to ${name}: ${ids.length} messages` };
}

function bodyOf(text: string, asText: boolean | undefined): unknown {
  if (asText === true) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(`'${text.slice(0, 60)}' is not JSON: quote it as "…" inside of the shell's quotes, or give --text`);
  }
}

const HEAD = ["FUNCTION", "DUE", "DELAYED", "IN FLIGHT", "OLDEST", "DEAD", "STATE"];
const row = ({ function: name, due, delayed, inFlight, oldestMs, dead, paused, handled }: QueueView): string[] => [
  ...[name, String(due), String(delayed), String(inFlight)],
  oldestMs === null ? "-" : showMs(oldestMs),
  String(dead),
  paused ? "paused" : handled ? "runs" : "no `queue` handler",
];
