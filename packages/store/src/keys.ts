/** Every Redis key of the store. The table in docs/architecture.md lists the same names. */
export const keys = {
  /** Hash, name → FunctionRecord JSON. */
  functions: "fn:functions",
  /** Hash, digest → VersionRecord JSON. */
  versions: (name: string): string => `fn:versions:${name}`,
  /** Stream, one `line` field a log line, and in `sum` the bytes of all lines up to it. */
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
  /** Hash, `<function> <name>` → StoredSchedule JSON: those that were added by hand. */
  schedules: "fn:schedules",
  /** Hash of a schedule: `spec`, `sinceMs`, `paused`, `failures`, `last`. */
  scheduleState: (id: string, name: string): string => `fn:schedule-state:${id}:${name}`,
  /** Hash, slot in epoch milliseconds → SlotRecord JSON. */
  slots: (id: string, name: string): string => `fn:slots:${id}:${name}`,
  /** Sorted set of the same slots. */
  slotTimes: (id: string, name: string): string => `fn:slot-times:${id}:${name}`,
  /** Sorted set, `<function> <name> <slot>` → when a scheduler took it; gone once its record is there. */
  slotClaims: "fn:slot-claims",
  /** Sorted set, `<function> <name> <slot>` → slot: those whose runs have not ended. */
  openSlots: "fn:open-slots",
  /** Hash, name → StoredWebhook JSON. */
  webhooks: "fn:webhooks",
} as const;

/** Pub/sub channel: the name of a function whose record changed. */
export const CHANGED_CHANNEL = "fn:changed";

/** Pub/sub channel: `operator`, `key <id>`, `tenant <name>` or `secrets <tenant>`, of which something changed. */
export const ACCESS_CHANNEL = "fn:access";
