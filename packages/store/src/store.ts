import { createApiKeys, type ApiKeys } from "./api-keys.ts";
import { createAudit, type Audit } from "./audit.ts";
import { createChanges, type Changes } from "./changes.ts";
import { answered, connect } from "./connection.ts";
import { createFunctions, type Functions } from "./functions.ts";
import { createLogs, type Logs } from "./logs.ts";
import { createOperatorKeys, type OperatorKeys } from "./operator-keys.ts";
import { createSecrets, type Secrets } from "./secrets.ts";
import { createSchedules, type Schedules } from "./schedules.ts";
import { createTenants, type Tenants } from "./tenants.ts";
import { createWebhooks, type Webhooks } from "./webhooks.ts";
import { createWorkers, type Workers } from "./workers.ts";

/**
 * The platform's state in Redis. Every call throws FnError QUEUE_UNAVAILABLE within a second while Redis is away, works again
 * once it is back, and throws FnError INTERNAL when a stored record is damaged.
 */
export interface Store
  extends
    Functions,
    Logs,
    Workers,
    OperatorKeys,
    ApiKeys,
    Tenants,
    Secrets,
    Audit,
    Schedules,
    Webhooks,
    Pick<Changes, "onChanged" | "onAccessChanged"> {
  /** Throws when Redis is away: for readiness. */
  ping(): Promise<void>;
  /** Ends the connections. Calls under way fail. Twice is fine. */
  close(): void;
}

/** Connects in the background; `url` as `redisOptions` of contracts takes it. */
export function createStore({ url, now = Date.now }: { url: string; now?: () => number }): Store {
  const redis = connect(url);
  const changes = createChanges(url);
  return {
    ...createFunctions(redis, now),
    ...createLogs(redis, url),
    ...createWorkers(redis, now),
    ...createOperatorKeys(redis, now),
    ...createApiKeys(redis),
    ...createTenants(redis, now),
    ...createSecrets(redis, now),
    ...createAudit(redis),
    ...createSchedules(redis, now),
    ...createWebhooks(redis),
    onChanged: (listener) => changes.onChanged(listener),
    onAccessChanged: (listener) => changes.onAccessChanged(listener),
    ping: async () => void (await answered(redis.ping())),
    close: () => {
      changes.close();
      redis.disconnect();
    },
  };
}
