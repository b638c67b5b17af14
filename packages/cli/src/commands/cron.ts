import type { Client } from "@zygo/client";
import type { ScheduleSpec, ScheduleView, SlotRecord } from "@zygo/contracts";
import { takePositionals, type parseFlags } from "../command.ts";
import { UsageError } from "../failure.ts";
import { showTable } from "../table.ts";
import { verbCommand, type Given, type Said, type Verbs } from "../verbs.ts";

const help = `Usage: fn cron <ls | add | next | history | run | pause | resume | rm> [arguments] [--json]

Runs a function's \`scheduled\` handler at times. Schedules stand in the function's config (\`cron: ["*/5 * * * *"]\`) or are added here.

  ls                          all schedules
  add <name> <fields>         add one: 5 cron fields, or 6 with seconds first
  next <name> <schedule>      its next slots
  history <name> <schedule>   what became of its slots, skipped ones too
  run <name> <schedule>       run it now
  pause, resume <name> <schedule>
  rm <name> <schedule>        remove one that was added here

Options of add:
  --name <name>               of the schedule; default: made of its fields
  --zone <zone>               IANA time zone, such as Europe/Berlin; default UTC
  --overlap <how>             while the run before goes on: skip (default), queue, allow, replace
  --catch-up <what>           slots that went by while nothing could fire them: none (default), last, or a number
  --jitter <ms>               begin up to so much later
  --attempts <n>              tries of a run; default 1
  --on-failure-after <n>      failed runs in a row at which the function's onFailure is told, once; default 1
  --limit <n>                 of history: records; default 20
  --json

Examples:
  fn cron add report "30 2 * * *" --zone Europe/Berlin --name nightly
  fn cron ls
  fn cron history report nightly
  fn cron run report nightly
`;

const FLAGS = {
  name: { type: "string" },
  zone: { type: "string" },
  overlap: { type: "string" },
  "catch-up": { type: "string" },
  jitter: { type: "string" },
  attempts: { type: "string" },
  "on-failure-after": { type: "string" },
  limit: { type: "string" },
  json: { type: "boolean" },
} as const;
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

const verbs: Verbs<Values> = {
  async ls({ client, rest }) {
    takePositionals(rest);
    const schedules = await client.cron.list();
    const text = schedules.length === 0 ? "nothing is scheduled: try `fn cron add`" : showTable(HEAD, schedules.map(row));
    return { json: { schedules }, text };
  },
  async add({ client, rest, values }) {
    const [name = "", fields = ""] = takePositionals(rest, "name", "fields");
    const added = await client.cron.add(name, specOf(fields, values));
    return {
      json: added,
      text: `${added.function} runs at ${added.schedule} (${added.timeZone}) as '${added.name}', next ${nextOf(added)}`,
    };
  },
  async next({ client, rest }) {
    const found = await find(client, rest);
    return { json: { next: found.next }, text: found.next.map(time).join("\n") || "it is paused" };
  },
  async history({ client, rest, values }) {
    const [name = "", schedule = ""] = takePositionals(rest, "name", "schedule");
    const slots = await client.cron.slots(name, schedule, { limit: wholeNumber("limit", values.limit) ?? 20 });
    const text = slots.length === 0 ? "no slot has come yet" : showTable(["SLOT", "STATE", "INVOCATION", "WHY"], slots.map(slotRow));
    return { json: { slots }, text };
  },
  run: (given) => act(given, "run"),
  pause: (given) => act(given, "pause"),
  resume: (given) => act(given, "resume"),
  async rm({ client, rest }) {
    const [name = "", schedule = ""] = takePositionals(rest, "name", "schedule");
    await client.cron.remove(name, schedule);
    return { json: { deleted: schedule }, text: `${schedule} of ${name} is removed` };
  },
};

export const cron = verbCommand("cron", { help, flags: FLAGS, verbs });

const DONE = { run: "runs now", pause: "is paused", resume: "goes on" };

async function act({ client, rest }: Given<Values>, action: "run" | "pause" | "resume"): Promise<Said> {
  const [name = "", schedule = ""] = takePositionals(rest, "name", "schedule");
  return { json: await client.cron.act(name, schedule, action), text: `${schedule} of ${name} ${DONE[action]}` };
}

async function find(client: Client, rest: string[]): Promise<ScheduleView> {
  const [name = "", schedule = ""] = takePositionals(rest, "name", "schedule");
  const found = (await client.cron.list()).find((each) => each.function === name && each.name === schedule);
  if (found === undefined) throw new UsageError(`${name} has no schedule '${schedule}': \`fn cron ls\` shows those that there are`);
  return found;
}

function specOf(schedule: string, values: Values): ScheduleSpec {
  const attempts = wholeNumber("attempts", values.attempts);
  const catchUp = values["catch-up"];
  return {
    schedule,
    name: values.name,
    timeZone: values.zone,
    overlap: values.overlap as ScheduleSpec["overlap"],
    catchUp: (catchUp !== undefined && /^\d+$/.test(catchUp) ? { all: Number(catchUp) } : catchUp) as ScheduleSpec["catchUp"],
    jitterMs: wholeNumber("jitter", values.jitter),
    retry: attempts === undefined ? undefined : { attempts },
    onFailureAfter: wholeNumber("on-failure-after", values["on-failure-after"]),
  };
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${flag} is a whole number, not '${text}'`);
  return Number(text);
}

const HEAD = ["FUNCTION", "SCHEDULE", "FIELDS", "ZONE", "FROM", "FAILED", "NEXT"];
const row = (each: ScheduleView): string[] => [
  ...[each.function, each.name, each.schedule, each.timeZone, each.source],
  ...[String(each.failures), nextOf(each)],
];
const nextOf = ({ next, paused }: ScheduleView): string => (paused ? "paused" : next[0] === undefined ? "never" : time(next[0]));
const slotRow = ({ slotMs, state, manual, invocation, why }: SlotRecord): string[] => [
  time(slotMs),
  manual === true ? `${state} (by hand)` : state,
  invocation ?? "-",
  why ?? "",
];
const time = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");
