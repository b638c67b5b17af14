import { parseFlags } from "../command.ts";
import type { Command } from "../command.ts";
import { connect } from "../connect.ts";
import type { Connection } from "../connect.ts";
import { deployFile } from "../deploy-file.ts";
import type { Deployed, DeploySettings } from "../deploy-file.ts";
import { EXIT } from "../exit-codes.ts";
import type { Exit } from "../exit-codes.ts";
import { UsageError, toFailure } from "../failure.ts";
import type { Failure } from "../failure.ts";
import { checkName, nameOfFile } from "../function-name.ts";
import { writeLine } from "../io.ts";
import type { Io } from "../io.ts";
import { readEnv } from "../key-values.ts";
import { readOverrides } from "../override-flags.ts";
import { Progress } from "../progress.ts";
import { showDeployed, showDeployedLine } from "../show-deployed.ts";

const help = `Usage: fn deploy <file…> [options]

Bundles each file with its npm dependencies, loads it once in a sandbox, and puts it live. If anything fails, what was live stays live.
Flags win over the file's \`export const config\`.

Options:
  --name <name>        default: the file's name; for index.ts its directory's
  --memory <MiB>       such as 128 or 1g
  --timeout <time>     such as 500ms, 5s or 2m
  --cpu <cores>        such as 0.5
  --pids <n>           processes and threads of an instance; default 64
  --tmp <MiB>          bytes of /tmp, such as 64 or 1g; --tmp-files <n> bounds its files, default 4096
  --open-files <n>     descriptors of a process; default 1024
  --disk <MiB/s>       what an instance reads from disk, and as much that it writes; default 200
  --response <MiB>     of an answer's body, streamed ones too; default 100
  --env <NAME=value>   may be repeated; wins over --env-file
  --env-file <file>    lines of NAME=value
  --reuse <how>        always, never, or how many requests an instance serves
  --no-template        each instance loads the file itself, none is forked from a process that has
  --warmup <path>      a GET that is made once before instances are forked, such as /; it must have no side effect
  --runtime <node>     node22, node24 or node26
  --network <policy>   none, internet (public addresses), or what alone may be reached: api.example.com:443,10.1.0.0/16:5432
  --network-mbps <n>   bandwidth of an instance, each way; default 100
  --auth <who>         public, or key: callers need an API key with the scope invoke; default: as is usual in the installation
  --secret <NAME>      a secret that it gets as an environment variable; may be repeated
  --volume <name:path> a volume and where it is, such as data:/data or data:/data:ro; may be repeated
  --external <package> is not bundled but travels beside the bundle; may be repeated. Packages with native code do so by themselves
  --retry <how>        of asynchronous calls: attempts in all, or attempts=5,backoff=1s,max-backoff=5m,max-age=1d
  --max-jobs <n>       how many of them run at a time
  --on-success <to>    where their results go: a function, or https://example.com/hook,NAME with the secret to sign with
  --on-failure <to>    the same for those that failed for good; none: nowhere
  --json               one JSON document on stdout: the result or the problem; an array for several files
  --unsafe-no-jail     bundle with all files that you can read in view, where the jail cannot be made (it needs root or
                       unprivileged user namespaces): a package could then bundle files of yours from outside the project

Examples:
  fn deploy hello.ts
  fn deploy src/api.ts --name shop --memory 256 --timeout 5s --env LOG=debug
  fn deploy pay.ts --network api.stripe.com:443 --network '*.example.com:443'
  fn deploy mail.ts --retry 5 --on-failure https://example.com/hook,HOOK_SECRET
  fn deploy functions/*.ts --json
`;

const FLAGS = {
  name: { type: "string" },
  memory: { type: "string" },
  timeout: { type: "string" },
  cpu: { type: "string" },
  pids: { type: "string" },
  tmp: { type: "string" },
  "tmp-files": { type: "string" },
  "open-files": { type: "string" },
  disk: { type: "string" },
  response: { type: "string" },
  env: { type: "string", multiple: true },
  "env-file": { type: "string", multiple: true },
  reuse: { type: "string" },
  "no-template": { type: "boolean" },
  warmup: { type: "string" },
  runtime: { type: "string" },
  network: { type: "string", multiple: true },
  "network-mbps": { type: "string" },
  auth: { type: "string" },
  secret: { type: "string", multiple: true },
  volume: { type: "string", multiple: true },
  external: { type: "string", multiple: true },
  retry: { type: "string" },
  "max-jobs": { type: "string" },
  "on-success": { type: "string" },
  "on-failure": { type: "string" },
  json: { type: "boolean" },
  "unsafe-no-jail": { type: "boolean" },
} as const;

/** Deploys at a time: esbuild takes every core that there is, the platform's probe another. */
const AT_ONCE = 2;

type Outcome = { file: string } & ({ deployed: Deployed } | { failure: Failure });

export const deploy: Command = {
  help,
  async run(args, io) {
    const { values, positionals: files } = parseFlags(args, FLAGS);
    const targets = nameTargets(files, values.name);
    const settings: DeploySettings = {
      overrides: readOverrides(values),
      env: readEnv(values.env ?? [], values["env-file"] ?? []),
      jail: values["unsafe-no-jail"] !== true,
    };
    const connection = connect(io.env);
    connection.catch(() => undefined); // Awaited after the bundle is made; until then it must not count as unhandled.
    const outcomes = await deployAll(targets, settings, connection, io, values.json === true);
    if (values.json === true) await writeLine(io.stdout, JSON.stringify(asJson(outcomes)));
    return outcomes.map(exitOf).find((exit) => exit !== EXIT.ok) ?? EXIT.ok;
  },
};

interface Target {
  file: string;
  name: string;
}

function nameTargets(files: string[], name: string | undefined): Target[] {
  if (files.length === 0) throw new UsageError("<file> is missing");
  if (name !== undefined && files.length > 1) throw new UsageError("--name is for one file");
  const targets = files.map((file) => ({ file, name: name === undefined ? nameOfFile(file) : checkName(name) }));
  const twice = targets.find((target, index) => targets.findIndex((other) => other.name === target.name) !== index);
  if (twice !== undefined) throw new UsageError(`two files would be the function '${twice.name}': deploy them one by one with --name`);
  return targets;
}

async function deployAll(
  targets: Target[],
  settings: DeploySettings,
  connection: Promise<Connection>,
  io: Io,
  quiet: boolean,
): Promise<Outcome[]> {
  const progress = new Progress(io.stderr);
  const outcomes: Outcome[] = [];
  const waiting = [...targets.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { file, name }] = next;
      const outcome = await deployFile({ file, name, settings, connection, signal: io.signal, progress }).then(
        (deployed): Outcome => ({ file, deployed }),
        (error: unknown): Outcome => ({ file, failure: toFailure(error, file) }),
      );
      progress.clear(name);
      outcomes[index] = outcome;
      if (!quiet) await tell(outcome, targets.length > 1, io);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, targets.length) }, work));
  return outcomes;
}

async function tell(outcome: Outcome, oneOfMany: boolean, io: Io): Promise<void> {
  if ("failure" in outcome) return writeLine(io.stderr, `fn: ${oneOfMany ? `${outcome.file}: ` : ""}${outcome.failure.text}`);
  await writeLine(io.stdout, oneOfMany ? showDeployedLine(outcome.deployed) : showDeployed(outcome.deployed));
}

function asJson(outcomes: Outcome[]): unknown {
  const documents = outcomes.map((outcome) =>
    "failure" in outcome ? { file: outcome.file, ...outcome.failure.problem } : { file: outcome.file, ...outcome.deployed },
  );
  return documents.length === 1 ? documents[0] : documents;
}

const exitOf = (outcome: Outcome): Exit => ("failure" in outcome ? outcome.failure.exit : EXIT.ok);
