import { DEFAULT_LIMITS, FnError, FunctionConfig, type Limits, type Prefix, type Schedule } from "@zygo/contracts";
import { decideSchedule, InvalidSchedule, refusedRules } from "@zygo/core";
import { describeIssue, toIssues } from "./parse.ts";

/** What a version runs with: the platform's defaults, then the entry's `config` export, then the command's flags. */
export function decideLimits(config: FunctionConfig, overrides: FunctionConfig): Limits {
  const limits: Limits = {
    ...DEFAULT_LIMITS,
    ...defined(config),
    ...defined(overrides),
    retry: { ...DEFAULT_LIMITS.retry, ...defined(config.retry ?? {}), ...defined(overrides.retry ?? {}) },
    cron: decideCron(overrides.cron ?? config.cron ?? []),
    queue: { ...DEFAULT_LIMITS.queue, ...defined(config.queue ?? {}), ...defined(overrides.queue ?? {}) },
  };
  // The template's process would hold files of the volume that its instances then share.
  if (limits.volumes.length > 0) limits.template = false;
  if (limits.minInstances > limits.maxInstances) {
    throw invalidConfig([{ path: ["minInstances"], message: `Too big: maxInstances is ${limits.maxInstances}` }]);
  }
  return limits;
}

function decideCron(written: NonNullable<FunctionConfig["cron"]>): Schedule[] {
  const schedules = written.map((each, at) => {
    try {
      return decideSchedule(each);
    } catch (error) {
      if (!(error instanceof InvalidSchedule)) throw error;
      const path = typeof each === "string" ? ["cron", at] : ["cron", at, error.member];
      throw invalidConfig([{ path, message: error.message }]);
    }
  });
  schedules.forEach(({ name }, at) => {
    if (schedules.findIndex((other) => other.name === name) === at) return;
    throw invalidConfig([{ path: ["cron", at, "name"], message: `another schedule is named '${name}': give each a name of its own` }]);
  });
  return schedules;
}

/** Triggers that the entry has no handler for are refused at deploy, not at their first slot. @throws FnError INVALID_CONFIG */
export function requireTriggerHandlers(config: FunctionConfig, overrides: FunctionConfig, handlers: readonly string[]): void {
  const refuse = (member: string, handler: string, subject: string): never => {
    const message = `needs a \`${handler}\` handler: export default { async ${handler}(${subject}, env, ctx) { … } }`;
    throw invalidConfig([{ path: [member], message }]);
  };
  if ((overrides.cron ?? config.cron ?? []).length > 0 && !handlers.includes("scheduled")) refuse("cron", "scheduled", "event");
  if ((overrides.queue ?? config.queue) !== undefined && !handlers.includes("queue")) refuse("queue", "queue", "batch");
}

/** The entry's `config` export; none is an empty one. @throws FnError INVALID_CONFIG with `issues`, its detail naming the member. */
export function parseConfig(exported: unknown): FunctionConfig {
  const parsed = FunctionConfig.safeParse(exported ?? {});
  if (!parsed.success) throw invalidConfig(toIssues(parsed.error));
  return parsed.data;
}

/**
 * What is to be left out was, when it was bundled: the bundler reads the list and does not run it. @throws FnError INVALID_CONFIG
 */
export function requireLeftOut({ external }: FunctionConfig, leftOut: readonly string[]): void {
  const at = (external ?? []).findIndex((name) => !leftOut.includes(name));
  if (at < 0) return;
  const message = `'${external?.[at] ?? ""}' was bundled all the same: write the list as plain strings, \`external: ["name"]\`, within \`export const config = {…}\``;
  throw invalidConfig([{ path: ["external", at], message }]);
}

/** Ranges that are nobody's to allow, or not without the operator's consent. @throws FnError INVALID_CONFIG */
export function requirePermitted({ network }: Limits, permitted: readonly Prefix[]): void {
  const [refused] = refusedRules(network, permitted);
  if (refused === undefined) return;
  const message = `${refused} is not public: the operator must permit the range (FN_NETWORK_PRIVATE)`;
  throw invalidConfig([{ path: ["network", "allow"], message }]);
}

function invalidConfig(issues: ReturnType<typeof toIssues>): FnError {
  return new FnError("INVALID_CONFIG", describeIssue("config", issues), { extra: { issues } });
}

function defined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
