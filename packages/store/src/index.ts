export type { AccessListener, ChangeListener } from "./changes.ts";
export { identify, isExpired, KeyUses, mayDo, operatorIdentity, type Identity, type KeySource } from "./identity.ts";
export { LOG_START, type LogEntry } from "./logs.ts";
export { QuotaCache, type QuotaSource } from "./quota-cache.ts";
export { createSealer, type Sealer } from "./sealed.ts";
export { openSecrets, sealSecret, type SecretPlace } from "./secrets.ts";
export { createStore, type Store } from "./store.ts";
export type { Granted } from "./tenants.ts";
export type { Worker } from "./workers.ts";
