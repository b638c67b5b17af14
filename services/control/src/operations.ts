import {
  Accepted,
  AliasMove,
  AuditPage,
  AuditQuery,
  Count,
  DeadLetter,
  DeadLetterList,
  DeadLetterPick,
  DeadLetterQuery,
  DeployMeta,
  DeployResult,
  DoctorReport,
  FunctionDetail,
  FunctionList,
  FunctionSummary,
  KeyCreate,
  KeyCreated,
  KeyList,
  LogPage,
  LogQuery,
  SecretList,
  SecretSet,
  ScheduleList,
  ScheduleSpec,
  ScheduleView,
  SignedDelivery,
  SlotList,
  SlotQuery,
  TenantChange,
  TenantCreate,
  TenantDetail,
  TenantList,
  TenantRecord,
  VolumeCreate,
  VolumeList,
  VolumeView,
  WebhookCreate,
  WebhookList,
  WebhookRotate,
  WebhookSecret,
  WebhookView,
  WhoAmI,
  WorkerList,
} from "@zygo/contracts";
import type { Scope } from "@zygo/contracts/names";
import { z } from "zod";

/** What an operation of the API takes and gives. A test holds this list and the routes equal. */
export interface Operation {
  method: "get" | "post" | "put" | "delete";
  /** As in OpenAPI: `{name}` for a parameter. */
  path: string;
  summary: string;
  query?: z.ZodObject;
  body?: { type: string; schema: z.ZodType };
  /** Schema of the success; null: 204 without a body. */
  answer: { name: string; schema: z.ZodType } | null;
  /** Another form of the success, described alone. */
  streams?: string;
  /** What the key must allow: a scope in the tenant, any key at all, or the operator's; `none`: no key is needed. */
  needs: Scope | "any key" | "operator" | "none";
}

const binary = z.string().meta({ contentEncoding: "binary" });

export const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/api/functions",
    summary: "All functions",
    needs: "read",
    answer: { name: "FunctionList", schema: FunctionList },
  },
  {
    method: "get",
    path: "/api/functions/{name}",
    summary: "A function with its versions",
    needs: "read",
    answer: { name: "FunctionDetail", schema: FunctionDetail },
  },
  {
    method: "delete",
    path: "/api/functions/{name}",
    summary: "Delete a function, its versions and its log",
    needs: "deploy",
    answer: null,
  },
  {
    method: "post",
    path: "/api/functions/{name}/versions",
    summary: "Deploy: make a version, load it once, make it live",
    needs: "deploy",
    body: { type: "multipart/form-data", schema: z.object({ meta: DeployMeta, bundle: binary, sourceMap: binary.optional() }) },
    answer: { name: "DeployResult", schema: DeployResult },
  },
  {
    method: "put",
    path: "/api/functions/{name}/aliases/{alias}",
    summary: "Point an alias at a version; moving `live` back is a rollback",
    needs: "deploy",
    body: { type: "application/json", schema: AliasMove },
    answer: { name: "FunctionSummary", schema: FunctionSummary },
  },
  {
    method: "get",
    path: "/api/functions/{name}/logs",
    summary: "A function's log, oldest line first",
    needs: "read",
    query: LogQuery,
    answer: { name: "LogPage", schema: LogPage },
    streams: "application/x-ndjson",
  },
  {
    method: "get",
    path: "/api/dead-letters",
    summary: "Invocations that failed for good, the newest first",
    needs: "read",
    query: DeadLetterQuery,
    answer: { name: "DeadLetterList", schema: DeadLetterList },
  },
  {
    method: "get",
    path: "/api/dead-letters/{id}",
    summary: "A dead letter: its attempts and why it failed",
    needs: "read",
    answer: { name: "DeadLetter", schema: DeadLetter },
  },
  {
    method: "post",
    path: "/api/dead-letters/redrive",
    summary: "Queue dead letters again, all their attempts ahead of them",
    needs: "invoke",
    body: { type: "application/json", schema: DeadLetterPick },
    answer: { name: "Count", schema: Count },
  },
  {
    method: "post",
    path: "/api/dead-letters/purge",
    summary: "Remove dead letters",
    needs: "admin",
    body: { type: "application/json", schema: DeadLetterPick },
    answer: { name: "Count", schema: Count },
  },
  {
    method: "post",
    path: "/api/invocations/{id}/replay",
    summary: "Run a recorded invocation's request again, against the same version",
    needs: "invoke",
    answer: { name: "Accepted", schema: Accepted },
  },
  {
    method: "get",
    path: "/api/schedules",
    summary: "All schedules, of configs and added by hand",
    needs: "read",
    answer: { name: "ScheduleList", schema: ScheduleList },
  },
  {
    method: "post",
    path: "/api/functions/{name}/schedules",
    summary: "Add a schedule",
    needs: "deploy",
    body: { type: "application/json", schema: ScheduleSpec },
    answer: { name: "ScheduleView", schema: ScheduleView },
  },
  {
    method: "delete",
    path: "/api/functions/{name}/schedules/{schedule}",
    summary: "Remove a schedule that was added by hand",
    needs: "deploy",
    answer: null,
  },
  {
    method: "post",
    path: "/api/functions/{name}/schedules/{schedule}/{action}",
    summary: "`pause`, `resume`, or `run` it now",
    needs: "deploy",
    answer: { name: "ScheduleView", schema: ScheduleView },
  },
  {
    method: "get",
    path: "/api/functions/{name}/schedules/{schedule}/slots",
    summary: "What became of its slots, the newest first",
    needs: "read",
    query: SlotQuery,
    answer: { name: "SlotList", schema: SlotList },
  },
  {
    method: "get",
    path: "/api/webhooks",
    summary: "The tenant's webhooks",
    needs: "read",
    answer: { name: "WebhookList", schema: WebhookList },
  },
  {
    method: "post",
    path: "/api/webhooks",
    summary: "Make a webhook; its secret is in this answer alone",
    needs: "deploy",
    body: { type: "application/json", schema: WebhookCreate },
    answer: { name: "WebhookSecret", schema: WebhookSecret },
  },
  {
    method: "get",
    path: "/api/webhooks/{webhook}",
    summary: "A webhook",
    needs: "read",
    answer: { name: "WebhookView", schema: WebhookView },
  },
  { method: "delete", path: "/api/webhooks/{webhook}", summary: "Remove a webhook", needs: "deploy", answer: null },
  {
    method: "post",
    path: "/api/webhooks/{webhook}/rotate",
    summary: "A new secret; those of before go on working for a while",
    needs: "deploy",
    body: { type: "application/json", schema: WebhookRotate },
    answer: { name: "WebhookSecret", schema: WebhookSecret },
  },
  {
    method: "post",
    path: "/api/webhooks/{webhook}/sign",
    summary: "A signed test delivery, to be sent to its URL",
    needs: "deploy",
    answer: { name: "SignedDelivery", schema: SignedDelivery },
  },
  {
    method: "get",
    path: "/api/whoami",
    summary: "Whose key this is, and what it may do",
    needs: "any key",
    answer: { name: "WhoAmI", schema: WhoAmI },
  },
  { method: "get", path: "/api/keys", summary: "The tenant's API keys", needs: "admin", answer: { name: "KeyList", schema: KeyList } },
  {
    method: "post",
    path: "/api/keys",
    summary: "Make an API key: the answer is the only time that it is shown",
    needs: "admin",
    body: { type: "application/json", schema: KeyCreate },
    answer: { name: "KeyCreated", schema: KeyCreated },
  },
  { method: "delete", path: "/api/keys/{key}", summary: "Revoke an API key, by its id", needs: "admin", answer: null },
  {
    method: "get",
    path: "/api/secrets",
    summary: "Names of the tenant's secrets and of its functions': never a value",
    needs: "read",
    answer: { name: "SecretList", schema: SecretList },
  },
  ...(["/api/secrets/{secret}", "/api/functions/{name}/secrets/{secret}"] as const).flatMap((path): Operation[] => [
    {
      method: "put",
      path,
      summary: "Set a secret: instances of functions that have it are replaced",
      needs: "deploy",
      body: { type: "application/json", schema: SecretSet },
      answer: null,
    },
    { method: "delete", path, summary: "Remove a secret that no live version asks for", needs: "deploy", answer: null },
  ]),
  {
    method: "get",
    path: "/api/volumes",
    summary: "The tenant's volumes",
    needs: "read",
    answer: { name: "VolumeList", schema: VolumeList },
  },
  {
    method: "post",
    path: "/api/volumes",
    summary: "Make a volume",
    needs: "deploy",
    body: { type: "application/json", schema: VolumeCreate },
    answer: { name: "VolumeView", schema: VolumeView },
  },
  {
    method: "delete",
    path: "/api/volumes/{volume}",
    summary: "Remove a volume, and all in it, that no version of a function has and no instance has mounted",
    needs: "deploy",
    answer: null,
  },
  {
    method: "get",
    path: "/api/audit",
    summary: "Who changed what, the oldest first",
    needs: "admin",
    query: AuditQuery,
    answer: { name: "AuditPage", schema: AuditPage },
  },
  { method: "get", path: "/api/tenants", summary: "All tenants", needs: "operator", answer: { name: "TenantList", schema: TenantList } },
  {
    method: "post",
    path: "/api/tenants",
    summary: "Make a tenant",
    needs: "operator",
    body: { type: "application/json", schema: TenantCreate },
    answer: { name: "TenantRecord", schema: TenantRecord },
  },
  {
    method: "get",
    path: "/api/tenants/{tenant}",
    summary: "A tenant, its quotas and what it has",
    needs: "operator",
    answer: { name: "TenantDetail", schema: TenantDetail },
  },
  {
    method: "put",
    path: "/api/tenants/{tenant}",
    summary: "Change a tenant's quotas",
    needs: "operator",
    body: { type: "application/json", schema: TenantChange },
    answer: { name: "TenantRecord", schema: TenantRecord },
  },
  {
    method: "delete",
    path: "/api/tenants/{tenant}",
    summary: "Remove a tenant without functions, its keys and secrets",
    needs: "operator",
    answer: null,
  },
  {
    method: "get",
    path: "/api/doctor",
    summary: "What the hosts of the live workers offer and lack for isolation",
    needs: "operator",
    answer: { name: "DoctorReport", schema: DoctorReport },
  },
  {
    method: "get",
    path: "/api/workers",
    summary: "Workers that are alive",
    needs: "operator",
    answer: { name: "WorkerList", schema: WorkerList },
  },
  {
    method: "get",
    path: "/api/openapi.json",
    summary: "This document",
    answer: { name: "OpenApi", schema: z.looseObject({}) },
    needs: "none",
  },
];

const PATTERNS = OPERATIONS.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** The operation that a request is for; undefined: the API has none of that method and path. HEAD is GET without the body. */
export function findOperation(method: string, path: string): Operation | undefined {
  const verb = method === "HEAD" ? "get" : method.toLowerCase();
  return PATTERNS.find(({ operation, pattern }) => operation.method === verb && pattern.test(path))?.operation;
}
