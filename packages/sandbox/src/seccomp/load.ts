import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Policy, resolvePolicy } from "./policy.ts";
import { PolicyExtension, PolicyFile } from "./schema.ts";

/** Files of `native/policies`. */
export const PolicyName = z.enum(["instance", "template", "zygote", "builder"]);
export type PolicyName = z.infer<typeof PolicyName>;

const POLICIES = new URL("../../../../native/policies/", import.meta.url);

/** @throws ZodError, SyntaxError or the file system's error when the file is no policy. */
export function readPolicyFile(name: PolicyName): PolicyFile {
  const found: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, POLICIES), "utf8"));
  return name === "template" ? extend(PolicyExtension.parse(found)) : PolicyFile.parse(found);
}

/** Its rules come first; a call that they decide in every case is no longer the base's. */
function extend(extension: PolicyExtension): PolicyFile {
  const base = readPolicyFile(extension.extends);
  const decided = new Set(extension.rules.filter((rule) => rule.args === undefined).flatMap((rule) => rule.syscalls));
  const rest = base.rules
    .map((rule) => ({ ...rule, syscalls: rule.syscalls.filter((name) => !decided.has(name)) }))
    .filter((rule) => rule.syscalls.length > 0);
  const constants = { ...base.constants, ...extension.constants };
  return { ...base, name: extension.name, purpose: extension.purpose, constants, rules: [...extension.rules, ...rest] };
}

/** @throws what readPolicyFile throws, and PolicyError. */
export const loadPolicy = (name: PolicyName): Policy => resolvePolicy(readPolicyFile(name));
