import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Policy, resolvePolicy } from "./policy.ts";
import { PolicyFile } from "./schema.ts";

/** Files of `native/policies`. */
export const PolicyName = z.enum(["instance", "zygote", "builder"]);
export type PolicyName = z.infer<typeof PolicyName>;

const POLICIES = new URL("../../../../native/policies/", import.meta.url);

/** @throws ZodError, SyntaxError or the file system's error when the file is no policy. */
export function readPolicyFile(name: PolicyName): PolicyFile {
  return PolicyFile.parse(JSON.parse(readFileSync(new URL(`${name}.json`, POLICIES), "utf8")));
}

/** @throws what readPolicyFile throws, and PolicyError. */
export const loadPolicy = (name: PolicyName): Policy => resolvePolicy(readPolicyFile(name));
