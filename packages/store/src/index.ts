export type { ChangeListener } from "./changes.ts";
export type { KeyRecord } from "./key-hashes.ts";
export { LOG_START, type LogEntry } from "./logs.ts";
export { createSealer, type Sealer } from "./sealed.ts";
export { createStore, type Store } from "./store.ts";
export type { Worker } from "./workers.ts";
