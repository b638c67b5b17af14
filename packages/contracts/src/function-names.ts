import { z } from "zod";
import { DEFAULT_TENANT } from "./names.ts";

const LABEL = "[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?";
const LABEL_RULE = "must be 1-63 of a-z, 0-9 and '-', starting with a letter, not ending in '-'";

/** Function names: DNS labels, since `<name>.fn.internal` must resolve. */
export const FunctionName = z.string().regex(new RegExp(`^${LABEL}$`), LABEL_RULE);

/** Names of tenants: DNS labels too. */
export const TenantName = z.string().regex(new RegExp(`^${LABEL}$`), LABEL_RULE);

/** What `functionId` in names.ts makes: a function has one spelling, so never `default.<name>`. */
export const FunctionId = z
  .string()
  .regex(
    new RegExp(`^(?:(?!${DEFAULT_TENANT}\\.)${LABEL}\\.)?${LABEL}$`),
    "must be <name>, or <tenant>.<name> outside of the tenant 'default'",
  );

/** Aliases: lower case like names, but never something that could be a version, which six hex digits can. */
export const AliasName = z
  .string()
  .regex(/^(?![0-9a-f]{6,64}$)[a-z][a-z0-9-]{0,62}$/, "must be 1-63 of a-z, 0-9 and '-', not six or more hex digits alone");

export const LIVE_ALIAS = "live";
