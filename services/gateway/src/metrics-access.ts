import type { IncomingMessage } from "node:http";
import { bearerKey, FnError } from "@zygo/contracts";
import type { Gate } from "./gate.ts";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
/** What a reverse proxy says: then it is not this machine that asks. */
const FORWARDED = ["x-forwarded-for", "forwarded", "x-real-ip", "via"] as const;

/**
 * `/metrics` names the functions of all tenants: it is for this machine, outside of production, and for the operator's key.
 * @throws FnError UNAUTHENTICATED, FORBIDDEN, QUEUE_UNAVAILABLE
 */
export async function mayReadMetrics(
  request: IncomingMessage,
  { gate, open }: { gate: Pick<Gate, "isOperator">; open: boolean },
): Promise<void> {
  const key = bearerKey(request.headers.authorization);
  if (key === null) {
    if (open && isFromHere(request)) return;
    const detail = "Metrics need the operator's key: `Authorization: Bearer <key>`";
    throw new FnError("UNAUTHENTICATED", detail, { headers: { "www-authenticate": "Bearer" } });
  }
  if (!(await gate.isOperator(key))) throw new FnError("FORBIDDEN", "Metrics are for the operator's key", { extra: { needs: "operator" } });
}

const isFromHere = ({ socket, headers }: IncomingMessage): boolean =>
  LOOPBACK.test(socket.remoteAddress ?? "") && FORWARDED.every((name) => headers[name] === undefined);
