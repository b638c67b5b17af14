import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { Client, ProblemBody } from "@zygo/client";
import { parseFlags, takePositionals } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import { EXIT, type Exit } from "../exit-codes.ts";
import { Accepted, Receipt } from "@zygo/contracts";
import { HEADERS } from "@zygo/contracts/names";
import { UsageError } from "../failure.ts";
import { checkName } from "../function-name.ts";
import { write, writeLine } from "../io.ts";
import type { Io } from "../io.ts";
import { waitForInvocation } from "../wait-invocation.ts";
import { readHeader } from "../key-values.ts";

const help = `Usage: fn invoke <name> [path] [options]

Sends one request to a function and streams its answer to stdout, whatever its status: that is exit code 0. When the platform answers in its
place, since it threw or ran out of time, say, that is told on stderr and the exit code is 1, or 4 when there is no such function.

Options:
  -X, --method <method>   default: GET, or POST with -d
  -H, --header <h: v>     may be repeated
  -d, --data <data>       the body; @file reads a file, - reads stdin, both as a stream
  -i, --include           print status and headers before the body
  --async                 run it as a job: prints where to ask for it; it is tried again when it fails
  --delay <30s>           with --async: not before
  --wait                  with --async: wait for its end; exit code 1 when it failed
  --receipt               print what it took, on stderr
  --json                  one JSON document: status, headers, body (a string; base64 of it when it is no text), ms

Examples:
  fn invoke hello
  fn invoke acme.shop                        of another tenant than your key's, when it is public
  fn invoke api /todos -d '{"title":"milk"}'
  fn invoke hello --receipt
  fn invoke mail --async --wait -d @letter.json
  fn invoke echo -X PUT -H 'content-type: image/png' -d @photo.png > copy.png
`;

const FLAGS = {
  method: { type: "string", short: "X" },
  header: { type: "string", short: "H", multiple: true },
  data: { type: "string", short: "d" },
  include: { type: "boolean", short: "i" },
  async: { type: "boolean" },
  delay: { type: "string" },
  wait: { type: "boolean" },
  receipt: { type: "boolean" },
  json: { type: "boolean" },
} as const;

export const invoke: Command = {
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS);
    const [name = "", path = "/"] = takePositionals(positionals, "name", "path?");
    const [base = "", version] = name.split("@", 2);
    for (const part of base.split(".", 2)) checkName(part);
    const headers = new Headers((values.header ?? []).map(readHeader));
    const data = values.data === undefined ? null : readData(values.data, io);
    if (data !== null && !headers.has("content-type")) headers.set("content-type", data.type);
    if (values.async !== true && (values.delay !== undefined || values.wait === true))
      throw new UsageError("--delay and --wait need --async");
    if (values.async === true) headers.set("prefer", "respond-async");
    if (values.delay !== undefined) headers.set("x-fn-delay", values.delay);
    if (values.receipt === true) headers.set(HEADERS.receipt, "1");
    const { client } = await connect(io.env, { needsKey: false });
    const id = await idOf(base, client, io);
    const started = performance.now();
    const response = await client.invoke(id, {
      path,
      version,
      method: values.method?.toUpperCase(),
      headers,
      body: data?.body,
      signal: io.signal,
    });
    if (values.include === true && values.json !== true) await printHead(response, io);
    await throwProblem(response);
    if (values.async === true) return await follow(response, client, { wait: values.wait === true, json: values.json === true, io });
    await (values.json === true ? printJson(response, started, io) : printBody(response, io));
    if (values.receipt === true) await printReceipt(response.headers.get(HEADERS.receipt), base, io);
    return EXIT.ok;
  },
};

/** A bare name means a function of the key's tenant, or of the one that --tenant says; without a key of the tenant `default`. */
async function idOf(name: string, client: Client, { env, signal }: Io): Promise<string> {
  if (name.includes(".")) return name;
  const { functionId } = await import("@zygo/contracts/names");
  const given = env["FN_TENANT"] || undefined;
  const own = env["FN_API_KEY"]
    ? await client.whoami({ signal }).then(
        ({ tenant }) => tenant,
        () => undefined,
      )
    : undefined;
  return functionId(given ?? own ?? "default", name);
}

/** A job that was accepted: where it is, or with `wait` how it ended. */
async function follow(response: Response, client: Client, { wait, json, io }: { wait: boolean; json: boolean; io: Io }): Promise<Exit> {
  const { id, location } = Accepted.parse(await response.json());
  if (!wait) {
    await writeLine(io.stdout, json ? JSON.stringify({ id, location }) : location);
    return EXIT.ok;
  }
  const view = await waitForInvocation(client, id, io.signal);
  if (json) await writeLine(io.stdout, JSON.stringify(view));
  else if (view.answer !== null) await write(io.stdout, Buffer.from(view.answer.body, view.answer.bodyEncoding));
  if (view.state === "succeeded") return EXIT.ok;
  await writeLine(io.stderr, `fn: ${location} ${view.state}: ${view.reason ?? ""}`);
  return EXIT.failed;
}

/** Text that is JSON is sent as JSON. */
function readData(data: string, { stdin }: Io): { body: string | ReadableStream<Uint8Array>; type: string } {
  if (data === "-") return { body: asBody(stdin), type: "application/octet-stream" };
  if (data.startsWith("@")) return { body: asBody(createReadStream(data.slice(1))), type: "application/octet-stream" };
  return { body: data, type: isJson(data) ? "application/json" : "text/plain;charset=UTF-8" };
}

const asBody = (stream: Readable): ReadableStream<Uint8Array> => Readable.toWeb(stream) as ReadableStream<Uint8Array>;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A streamed answer has it in a trailer, which `fetch` does not give; and some get none. */
async function printReceipt(text: string | null, name: string, io: Io): Promise<void> {
  const { showReceipt } = await import("../show-receipt.ts");
  const told =
    text === null ? `no receipt came with the answer: \`fn receipts ${name}\` has it` : showReceipt(Receipt.parse(JSON.parse(text)));
  await writeLine(io.stderr, told);
}

async function printHead({ status, statusText, headers }: Response, io: Io): Promise<void> {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  await writeLine(io.stdout, [`HTTP ${status} ${statusText}`.trimEnd(), ...lines, ""].join("\n"));
}

async function printBody(response: Response, io: Io): Promise<void> {
  let last = 10;
  for await (const chunk of response.body ?? []) {
    await write(io.stdout, chunk);
    last = chunk.at(-1) ?? last;
  }
  // The prompt of a person's shell starts on a line of its own.
  if (io.stdout.isTTY === true && last !== 10) await writeLine(io.stdout, "");
}

async function printJson(response: Response, started: number, io: Io): Promise<void> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes);
  const document = {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    ...(isText ? { body: text } : { bodyBase64: bytes.toString("base64") }),
    ms: Math.round((performance.now() - started) * 10) / 10,
  };
  await writeLine(io.stdout, JSON.stringify(document));
}

/** The platform's own answer. A function may answer with a problem document too, but of another type. @throws ApiError */
async function throwProblem(response: Response): Promise<void> {
  if (response.headers.get("content-type") !== "application/problem+json") return;
  const problem = (await response
    .clone()
    .json()
    .catch(() => null)) as ProblemBody | null;
  if (typeof problem?.["type"] !== "string" || !problem["type"].startsWith("urn:zygo:error:")) return;
  const { ApiError } = await import("@zygo/client");
  throw new ApiError(problem.code, problem.detail, { status: response.status, problem });
}
