import { AuditLine } from "@zygo/contracts";
import type { Redis } from "ioredis";
import { answered } from "./connection.ts";
import { keys } from "./keys.ts";

/** Lines kept of each tenant, about. */
const KEEP_LINES = 10_000;

/** Who changed what. */
export interface Audit {
  appendAudit(line: Omit<AuditLine, "id">): Promise<void>;
  /** The last `limit` changes of a tenant, oldest first. */
  readAudit(tenant: string, limit: number): Promise<AuditLine[]>;
}

export function createAudit(redis: Redis): Audit {
  return {
    async appendAudit(line) {
      await answered(redis.xadd(keys.audit(line.tenant), "MAXLEN", "~", KEEP_LINES, "*", "line", JSON.stringify(line)));
    },
    async readAudit(tenant, limit) {
      const newestFirst = await answered(redis.xrevrange(keys.audit(tenant), "+", "-", "COUNT", limit));
      return newestFirst.reverse().flatMap(([id, [, json]]) => {
        const parsed = AuditLine.safeParse({ ...(JSON.parse(json ?? "{}") as object), id });
        return parsed.success ? [parsed.data] : [];
      });
    },
  };
}
