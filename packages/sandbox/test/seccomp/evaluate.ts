/** What a policy file says of one call, read rule by rule: the plain second opinion on the compiler. Shares nothing with it but the schema. */
import type { ErrnoName, PolicyArg, PolicyFile, PolicyRule } from "../../src/seccomp/schema.ts";

/** `allow`, `kill` or the name of an errno. */
export type Said = "allow" | "kill" | ErrnoName;

/** The rule that decides; undefined: the default does. @param args six, unsigned 64-bit */
export function decidingRule(file: PolicyFile, name: string | undefined, args: readonly bigint[]): PolicyRule | undefined {
  if (name === undefined) return undefined;
  return file.rules.find((rule) => rule.syscalls.includes(name) && (rule.args ?? []).every((arg) => holds(file, arg, args)));
}

export function evaluate(file: PolicyFile, name: string | undefined, args: readonly bigint[]): Said {
  return said(decidingRule(file, name, args) ?? file.default);
}

export function said(rule: PolicyRule | PolicyFile["default"]): Said {
  return rule.action === "errno" ? rule.errno : rule.action;
}

/** A value as written in a policy, as a number. */
export function numeric(file: PolicyFile, written: number | string): bigint {
  let sum = 0n;
  for (const term of String(written).split("|")) sum |= BigInt(file.constants[term] ?? term);
  return sum;
}

function holds(file: PolicyFile, arg: PolicyArg, args: readonly bigint[]): boolean {
  const given = BigInt.asUintN(arg.width, args[arg.index] ?? 0n);
  switch (arg.op) {
    case "eq":
      return given === numeric(file, arg.value);
    case "ne":
      return given !== numeric(file, arg.value);
    case "in":
      return arg.values.some((value) => given === numeric(file, value));
    case "masked_eq":
      return (given & numeric(file, arg.mask)) === numeric(file, arg.value);
    case "masked_ne":
      return (given & numeric(file, arg.mask)) !== numeric(file, arg.value);
    case "masked_in":
      return arg.values.some((value) => (given & numeric(file, arg.mask)) === numeric(file, value));
  }
}
