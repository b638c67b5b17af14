import { DEFAULT_LIMITS, FnError, FunctionConfig, type Limits } from "@zygo/contracts";
import { describeIssue, toIssues } from "./parse.ts";

/** What a version runs with: the platform's defaults, then the entry's `config` export, then the command's flags. */
export function decideLimits(config: FunctionConfig, overrides: FunctionConfig): Limits {
  const limits: Limits = {
    ...DEFAULT_LIMITS,
    ...defined(config),
    ...defined(overrides),
    retry: { ...DEFAULT_LIMITS.retry, ...defined(config.retry ?? {}), ...defined(overrides.retry ?? {}) },
  };
  if (limits.minInstances > limits.maxInstances) {
    throw invalidConfig([{ path: ["minInstances"], message: `Too big: maxInstances is ${limits.maxInstances}` }]);
  }
  return limits;
}

/** The entry's `config` export; none is an empty one. @throws FnError INVALID_CONFIG with `issues`, its detail naming the member. */
export function parseConfig(exported: unknown): FunctionConfig {
  const parsed = FunctionConfig.safeParse(exported ?? {});
  if (!parsed.success) throw invalidConfig(toIssues(parsed.error));
  return parsed.data;
}

function invalidConfig(issues: ReturnType<typeof toIssues>): FnError {
  return new FnError("INVALID_CONFIG", describeIssue("config", issues), { extra: { issues } });
}

function defined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
