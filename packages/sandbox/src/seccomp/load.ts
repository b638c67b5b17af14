import { readFileSync } from "node:fs";
import { type Policy, resolvePolicy } from "./policy.ts";
import { PolicyFile } from "./schema.ts";

export const POLICY_NAMES = ["instance", "zygote"] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

const POLICIES = new URL("../../../../native/policies/", import.meta.url);

/** @throws ZodError, SyntaxError or the file system's error when the file is no policy. */
export function readPolicyFile(name: PolicyName): PolicyFile {
  return PolicyFile.parse(JSON.parse(readFileSync(new URL(`${name}.json`, POLICIES), "utf8")));
}

/** @throws what readPolicyFile throws, and PolicyError. */
export const loadPolicy = (name: PolicyName): Policy => resolvePolicy(readPolicyFile(name));
