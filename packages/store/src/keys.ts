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
  /** Hash, sha256 hex of an API key → KeyRecord JSON. */
  keyHashes: "fn:key-hashes",
} as const;

/** Pub/sub channel: the name of a function whose record changed. */
export const CHANGED_CHANNEL = "fn:changed";
