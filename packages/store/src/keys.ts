/** Every Redis key of the store. The table in docs/architecture.md lists the same names. */
export const keys = {
  /** Hash, name → FunctionRecord JSON. */
  functions: "fn:functions",
  /** Hash, digest → VersionRecord JSON. */
  versions: (name: string): string => `fn:versions:${name}`,
  /** Stream, one `line` field a log line. */
  logs: (name: string): string => `fn:logs:${name}`,
  /** Hash, worker id → WorkerSeen JSON. */
  workers: "fn:workers",
  /** Hash, sha256 hex of an operator's key → OperatorKey JSON. */
  keyHashes: "fn:key-hashes",
  /** Hash, tenant → TenantRecord JSON. */
  tenants: "fn:tenants",
  /** Hash, id of an API key → KeyRecord JSON. */
  apiKeys: "fn:api-keys",
  /** Hash, id of an API key → Unix milliseconds of a use in about the last minute. */
  apiKeyUses: "fn:api-key-uses",
  /** Hash, `NAME` (the tenant's) or `<function>/NAME` → StoredSecret JSON. */
  secrets: (tenant: string): string => `fn:secrets:${tenant}`,
  /** String, the theoretical arrival time of the tenant's next request, microseconds; gone when that is past. */
  rate: (tenant: string): string => `fn:rate:${tenant}`,
  /** Stream, one `line` field an admin change. */
  audit: (tenant: string): string => `fn:audit:${tenant}`,
} as const;

/** Pub/sub channel: the name of a function whose record changed. */
export const CHANGED_CHANNEL = "fn:changed";

/** Pub/sub channel: `operator`, `key <id>`, `tenant <name>` or `secrets <tenant>`, of which something changed. */
export const ACCESS_CHANNEL = "fn:access";
