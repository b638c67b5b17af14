/** Every Redis key of this package. The table in docs/architecture.md lists the same names. */
export const SYNC_KEY = "fn:sync";
